import { isRecord } from '../values/is-record.ts';

export type Path = readonly PropertyKey[];

/** Where a value came from. */
export type Origin =
  | {
      readonly from: 'environment';
      readonly name: string;
      /** It came from the file that this variable names. */ readonly byFile?: string;
    }
  | { readonly from: 'flag'; readonly flag: string }
  | FileOrigin;

export interface FileOrigin {
  readonly from: 'file';
  readonly file: string;
  readonly line?: number;
  /** The text in the file, where variables were replaced in it. */
  readonly text?: string;
  /** The path in the file, where it is not the one of the setting. */
  readonly path?: string;
}

/** The layers combined and not yet checked: values of any shape, and where each came from. */
export interface RawSettings {
  readonly values: Record<string, unknown>;
  /** By `formatPath`. A value without one is a default. */
  readonly origins: Map<string, Origin>;
}

/** A path as people write it: `clients[0].id`. A key that is not a plain name is cut, since it may be part of a secret. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = plainKey(String(part));
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

/** A key, as far as it is a plain name. */
export function plainKey(key: string): string {
  const plain = /^[\w.-]{0,64}/.exec(key)?.[0] ?? '';
  return plain === key ? key : `${plain}…`;
}

/** The value at a path; undefined where nothing is. */
export function getAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => {
    if (Array.isArray(at)) return at[Number(part)];
    return isRecord(at) && Object.hasOwn(at, part) ? at[String(part)] : undefined;
  }, root);
}

/** Sets a value and creates the blocks around it. Does nothing where something other than a block is in the way. */
export function setAt(raw: RawSettings, path: Path, value: unknown, origin: Origin): void {
  let at: unknown = raw.values;
  for (const part of path.slice(0, -1)) {
    if (isRecord(at) && (at[String(part)] ?? undefined) === undefined) at[String(part)] = {};
    at = getAt(at, [part]);
  }
  const last = path.at(-1);
  if (!isRecord(at) || last === undefined) return;
  at[String(last)] = value;
  raw.origins.set(formatPath(path), origin);
}

/** Moves a value to another key of the same block, with where it and all below it came from. */
export function moveAt(raw: RawSettings, from: Path, to: Path): void {
  const block = getAt(raw.values, from.slice(0, -1));
  const [key, other] = [String(from.at(-1)), String(to.at(-1))];
  if (!isRecord(block)) return;
  block[other] = block[key];
  delete block[key];
  const [was, is] = [formatPath(from), formatPath(to)];
  for (const [place, origin] of [...raw.origins]) {
    if (place !== was && !place.startsWith(`${was}[`) && !place.startsWith(`${was}.`)) continue;
    raw.origins.delete(place);
    raw.origins.set(is + place.slice(was.length), origin.from === 'file' ? { ...origin, path: place } : origin);
  }
}

/** Where a value came from, in brackets; empty for a default. */
export function wordOrigin(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  if (origin.from === 'environment') return ` (${origin.byFile ?? origin.name} in the environment)`;
  if (origin.from === 'flag') return ` (${origin.flag})`;
  return origin.line === undefined ? ` (${origin.file})` : ` (${origin.file} line ${origin.line})`;
}
