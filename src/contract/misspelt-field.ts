import { nearestName } from '../values/nearest-name.ts';
import { isRecord, toRecord } from '../values/is-record.ts';
import { ellipsize, toLine } from '../values/plain-text.ts';

/** A schema of an object, as `record` makes it. */
interface WithFields {
  readonly shape: Readonly<Record<string, unknown>>;
}

const MAX_SHOWN = 40;
/** Shorter texts begin too many names. */
const LEAST_BEGINNING = 4;

/**
 * The first field that is unknown and resembles a known one: `session_key`. Other unknown fields pass, because a newer version may
 * write them.
 *
 * @param schemas by their place in `value`: `` for itself, `task` for the object in that field
 * @param strict every unknown field counts; for code of the same version
 * @returns a sentence that names the field and the one that was meant
 */
export function findMisspelt(
  value: unknown,
  schemas: Readonly<Record<string, WithFields>>,
  strict = false,
): string | undefined {
  for (const [place, { shape }] of Object.entries(schemas)) {
    const object = place === '' ? value : toRecord(value)[place];
    if (!isRecord(object)) continue;
    const known = Object.keys(shape);
    for (const name of Object.keys(object)) {
      if (known.includes(name)) continue;
      const meant = nearestName(name, known) ?? known.find((candidate) => beginAlike(candidate, name));
      if (meant === undefined && !strict) continue;
      const path = `${place}${place === '' ? '' : '.'}${ellipsize(toLine(name, 1000), MAX_SHOWN)}`;
      return `${path} is not a known field: ${meant === undefined ? `use ${known.join(', ')}` : `write ${meant}`}.`;
    }
  }
  return undefined;
}

function beginAlike(known: string, typed: string): boolean {
  const [short, long] = [known.toLowerCase(), typed.toLowerCase()].toSorted((a, b) => a.length - b.length);
  return short !== undefined && short.length >= LEAST_BEGINNING && long?.startsWith(short) === true;
}
