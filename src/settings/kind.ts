import { ellipsize } from '../values/plain-text.ts';

/** How one sort of value is written and read. */
export interface Kind<T> {
  /** What to write, for the settings page: `duration`, `port`. */
  readonly accepts: string;
  /**
   * Reads a value as the file, the environment or a flag gives it.
   *
   * @throws BadValue or BadValues
   */
  read(value: unknown): T;
  /** The value as the file would have it, for logs and for the settings page. */
  show(value: T): unknown;
}

/** Thrown when a value can't be read. The message continues after the value: `is not a port: write …`. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
  /** Which part of the value is meant, where it is not the whole. */
  readonly subject: string | undefined;

  constructor(problem: string, subject?: string) {
    super(problem);
    this.subject = subject;
  }
}

/** Thrown when several parts of one value can't be read. */
export class BadValues extends Error {
  override readonly name = 'BadValues';
  readonly faults: readonly BadValue[];

  constructor(faults: readonly BadValue[]) {
    super(faults.map(({ message }) => message).join('; '));
    this.faults = faults;
  }
}

/**
 * Reads every part of a value.
 *
 * @param subject which part a fault is about, unless the fault names it
 * @throws BadValues telling all that are bad, not only the first
 */
export function readEach<T, R>(
  parts: readonly T[],
  read: (part: T) => R,
  subject: (part: T, index: number) => string,
): R[] {
  const faults: BadValue[] = [];
  const results = parts.flatMap((part, index) => {
    try {
      return [read(part)];
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      faults.push(new BadValue(error.message, error.subject ?? subject(part, index)));
      return [];
    }
  });
  if (faults.length > 0) throw new BadValues(faults);
  return results;
}

const MAX_SHOWN = 80;

/** A value as an error message shows it: short, and without what an address may carry beside its host and path. */
export function quoteValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return 'the value';
  const safe = value.replace(/^.*@/s, '…@').replace(/[?#].*$/s, '…');
  return JSON.stringify(ellipsize(safe, MAX_SHOWN));
}

/**
 * A list of one kind: in the file a list or one text, everywhere a text is split at its commas.
 *
 * A text without an entry is refused: an empty variable must not read as "no limits".
 */
export function listOf<T>(item: Kind<T>, noun: string, max = 1_000): Kind<readonly T[]> {
  return {
    accepts: `list: ${item.accepts}`,
    read(value) {
      const isScalar = typeof value === 'number' || typeof value === 'boolean';
      const entries = typeof value === 'string' ? splitAtCommas(value) : isScalar ? [value] : value;
      if (!Array.isArray(entries))
        throw new BadValue(`is not a list of ${noun}: write [a, b], or one text with commas`);
      if (typeof value === 'string' && entries.length === 0)
        throw new BadValue('has no entries: remove the setting, or write []');
      if (entries.length > max) throw new BadValue(`has more than ${max} entries: remove some`);
      return readEach(entries as unknown[], (entry) => item.read(entry), quoteValue);
    },
    show: (values) => values.map((value) => item.show(value)),
  };
}

/** The parts of a text between its commas, trimmed, without the empty ones. */
export function splitAtCommas(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
