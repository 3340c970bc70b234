import { compileSource } from './compile-source.ts';
import type { SourceFault } from './source-faults.ts';
import type { Source, SourceOptions } from './source.ts';

export type CompiledSources =
  | { readonly ok: true; readonly sources: ReadonlyMap<string, Source> }
  /** Paths begin with the source's name. */
  | { readonly ok: false; readonly faults: readonly SourceFault[] };

/** What sources are judged by beside their own rules. */
export interface SourceSurroundings {
  /** The second path for tasks, which no source may have. */
  readonly endpointPath: string;
  /** The permitted users of those clients that have such a list. */
  readonly allowedUserIds?: ReadonlyMap<string, readonly string[]>;
}

/** Reads all sources, and sees that no two are reached by one path, and that each can name a user where it must. */
export function compileSources(
  all: readonly SourceOptions[],
  { endpointPath, allowedUserIds }: SourceSurroundings,
): CompiledSources {
  const faults: SourceFault[] = [];
  const sources = new Map<string, Source>();
  const owners = new Map([[endpointPath, 'endpoint_path']]);
  for (const options of all) {
    const compiled = compileSource(options);
    if (!compiled.ok) {
      faults.push(...compiled.faults.map(({ path, message }) => ({ path: [options.name, ...path], message })));
      continue;
    }
    const { source } = compiled;
    const owner = owners.get(source.path);
    if (owner !== undefined) {
      faults.push({ path: [source.name, 'path'], message: `is ${source.path}, as ${owner}: give each its own` });
    }
    const message = findUserFault(source, allowedUserIds?.get(source.client));
    if (message !== undefined) faults.push({ path: [source.name, 'map', 'user_id'], message });
    owners.set(source.path, `sources.${source.name}`);
    sources.set(source.name, source);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, sources };
}

/** Why each event of a source would be refused for its user. */
function findUserFault({ client, map }: Source, allowed: readonly string[] | undefined): string | undefined {
  if (allowed === undefined) return undefined;
  if (map.userId === undefined) {
    return `is missing, and client ${client} has allowed_user_ids, so that each event would be refused: say where an event names its user`;
  }
  if (!map.userId.isPlain || allowed.includes(map.userId.source.trim())) return undefined;
  return `is none of those in allowed_user_ids of client ${client}, so that each event would be refused: name one of them`;
}
