import { BadValue, type Kind } from './kind.ts';

interface Bounds {
  /** Smallest and largest value, as they would be written. */
  readonly min: string;
  readonly max: string;
}

/** A duration with its unit, such as `30s`; read as whole milliseconds. A bare number could mean either unit. */
export function duration({ min, max }: Bounds): Kind<number> {
  const [least, most] = [readDuration(min), readDuration(max)];
  return {
    accepts: 'duration',
    read(value) {
      const found = readDuration(value);
      if (found < least) throw new BadValue(`is too short: the minimum is ${min}`);
      if (found > most) throw new BadValue(`is too long: the maximum is ${max}`);
      return found;
    },
    show: formatDuration,
  };
}

function readDuration(value: unknown): number {
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*[\d.]+\s*$/.test(value))) {
    const amount = String(value).trim();
    throw new BadValue(`has no unit: write ${amount}s or ${amount}ms`);
  }
  const [, amount, unit] = (typeof value === 'string' && /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(value.trim())) || [];
  const factor = DURATION_UNITS.find(([name]) => name === unit)?.[1];
  if (factor === undefined) {
    throw new BadValue('is not a duration: write a number with a unit (ms, s, m, h or d), such as 30s or 14d');
  }
  return Math.round(Number(amount) * factor);
}

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Milliseconds in the largest unit that divides them: `90m`, never the rounded `2h`. */
export function formatDuration(milliseconds: number): string {
  const [name, factor] = DURATION_UNITS.find((unit) => milliseconds >= unit[1] && milliseconds % unit[1] === 0) ?? ZERO;
  return `${milliseconds / factor}${name}`;
}

const ZERO = ['s', 1_000] as const;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  kib: 1_024,
  mib: 1_048_576,
};

/** A size such as `1MiB`, or a bare number of bytes; read as bytes. */
export function size({ min, max }: Bounds): Kind<number> {
  const [least, most] = [readSize(min), readSize(max)];
  return {
    accepts: 'size',
    read(value) {
      const found = readSize(value);
      if (found < least) throw new BadValue(`is too small: the minimum is ${min}`);
      if (found > most) throw new BadValue(`is too large: the maximum is ${max}`);
      return found;
    },
    show: formatSize,
  };
}

/** The largest answer that is sure to fit in a payload of Temporal. */
export const LARGEST_PAYLOAD = '1536KiB';

/**
 * The size of a task. Temporal takes payloads of up to 2 MiB, in which JSON writes quotes and line ends with
 * two bytes each.
 */
export const payload = size({ min: '1KiB', max: LARGEST_PAYLOAD });

/** The size of an answer, which may be larger where a store takes large payloads. */
export const answer = size({ min: '1KiB', max: '64MiB' });

function readSize(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value;
  const [, amount, unit = ''] = (typeof text === 'string' && /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text)) || [];
  const factor = SIZE_UNITS[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) {
    throw new BadValue('is not a size: write a number of bytes, or a number with a unit, such as 512KiB');
  }
  return Math.round(Number(amount) * factor);
}

function formatSize(bytes: number): string {
  if (bytes % SIZE_MIB === 0) return `${bytes / SIZE_MIB}MiB`;
  return bytes % SIZE_KIB === 0 ? `${bytes / SIZE_KIB}KiB` : `${bytes}B`;
}

const SIZE_KIB = 1_024;
const SIZE_MIB = 1_048_576;

/** A whole number, as a number or as text. */
export function wholeNumber({ min, max, noun = 'number' }: { min: number; max: number; noun?: string }): Kind<number> {
  return {
    accepts: noun,
    read(value) {
      const found = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
      if (typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max) return found;
      const article = /^[aeiou]/.test(noun) ? 'an' : 'a';
      throw new BadValue(`is not ${article} ${noun}: write a whole number from ${min} to ${max}`);
    },
    show: (value) => value,
  };
}

/** An amount of US dollars. */
export const dollars: Kind<number> = {
  accepts: 'US dollars',
  read(value) {
    const found = typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
    if (typeof found === 'number' && Number.isFinite(found) && found > 0 && found <= 1_000_000) return found;
    throw new BadValue('is not an amount of US dollars: write a number above 0, such as 0.5');
  },
  show: (value) => value,
};

/** A number that may have decimals, as a number or as text. */
export function decimal({ min, max }: { min: number; max: number }): Kind<number> {
  return {
    accepts: 'number',
    read(value) {
      const found = typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
      if (typeof found === 'number' && found >= min && found <= max) return found;
      throw new BadValue(`is not a number: write one from ${min} to ${max}, such as 0.5`);
    },
    show: (value) => value,
  };
}

/** How often something may happen: so many times in a window of time. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

const RATE_UNITS: readonly (readonly [string, number])[] = [
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
];
const MAX_RATE_COUNT = 1_000_000;

/** A rate such as `100/s`, `6000/m` or `50000/h`. */
export const rate: Kind<Rate> = {
  accepts: 'rate',
  read(value) {
    const [, digits, unit] = (typeof value === 'string' && /^(\d{1,9}) ?\/ ?([smh])$/.exec(value.trim())) || [];
    const windowMs = RATE_UNITS.find(([name]) => name === unit)?.[1];
    if (windowMs === undefined) throw new BadValue('is not a rate: write it as 100/s, 6000/m or 50000/h');
    const count = Number(digits);
    if (count < 1) throw new BadValue('is zero: the minimum is 1');
    if (count > MAX_RATE_COUNT) throw new BadValue(`is too high: the maximum is ${MAX_RATE_COUNT}`);
    return { count, windowMs };
  },
  show: ({ count, windowMs }) => `${count}/${RATE_UNITS.find(([, factor]) => factor === windowMs)?.[0] ?? 's'}`,
};
