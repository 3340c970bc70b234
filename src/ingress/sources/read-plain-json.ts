import { ProblemError } from '../../protocol/problems.ts';
import { readJson } from '../read-json.ts';

const MAX_DEPTH = 100;
/** A whole number with fewer digits is always exact. */
const INEXACT_DIGITS = 16;

const [QUOTE, BACKSLASH, OPEN_LIST, OPEN_BLOCK, CLOSE_LIST, CLOSE_BLOCK] = Buffer.from('"\\[{]}');
const [ZERO = 0, NINE = 0, MINUS] = Buffer.from('09-');
/** What makes a number more than a row of digits. */
const FRACTION: ReadonlySet<number | undefined> = new Set(Buffer.from('.eE+'));

/**
 * Reads JSON for templates and filters.
 *
 * A whole number that JavaScript would round is read as text, digit for digit: an id that is off by one is another's.
 * Deep nesting is refused, for writing it out again would exhaust the stack.
 *
 * @throws ProblemError `malformed_json`, `invalid_event`
 */
export function readPlainJson(bytes: Buffer): unknown {
  const { isDeep, inexact } = scan(bytes);
  if (isDeep) {
    const detail = `The event is nested deeper than ${MAX_DEPTH} levels: send a flatter one.`;
    throw new ProblemError('invalid_event', detail);
  }
  const event = readJson(bytes);
  return inexact.length === 0 ? event : readJson(quote(bytes, inexact));
}

type Range = readonly [start: number, end: number];

/** Counts brackets and finds long numbers outside of texts; whether all is in order is for the parser. */
function scan(bytes: Buffer): { isDeep: boolean; inexact: readonly Range[] } {
  let depth = 0;
  let isText = false;
  const inexact: Range[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isText && byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) isText = !isText;
    else if (isText) continue;
    else if (byte === OPEN_LIST || byte === OPEN_BLOCK) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_BLOCK) depth -= 1;
    else if (isDigit(byte)) {
      const end = endOfDigits(bytes, at);
      if (end - at >= INEXACT_DIGITS && isInexact(bytes, at, end)) inexact.push([at, end]);
      at = end - 1;
    }
    if (depth > MAX_DEPTH) return { isDeep: true, inexact };
  }
  return { isDeep: false, inexact };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function endOfDigits(bytes: Buffer, start: number): number {
  let end = start;
  while (isDigit(bytes[end])) end += 1;
  return end;
}

function isInexact(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] === ZERO || FRACTION.has(bytes[start - 1]) || FRACTION.has(bytes[end])) return false;
  return !Number.isSafeInteger(Number(bytes.toString('latin1', start, end)));
}

function quote(bytes: Buffer, ranges: readonly Range[]): Buffer {
  const mark = Buffer.from('"');
  let from = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const first = bytes[start - 1] === MINUS ? start - 1 : start;
    const before = bytes.subarray(from, first);
    from = end;
    return [before, mark, bytes.subarray(first, end), mark];
  });
  return Buffer.concat([...parts, bytes.subarray(from)]);
}
