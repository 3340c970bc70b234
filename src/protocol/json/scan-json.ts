/** A range of bytes. */
export type Range = readonly [start: number, end: number];

/** What the parser does not report about a JSON document. */
export interface JsonScan {
  /** Whether it is nested deeper than `MAX_DEPTH`; the scan stops there. */
  readonly isDeep: boolean;
  /** A name that one object repeats: readers differ in which value they use. */
  readonly twice: string | undefined;
  /** Numbers, without their sign, that JavaScript can't represent: integers that it would round, and overflows to infinity. */
  readonly unheld: readonly Range[];
}

/** The deepest permitted nesting of objects and lists. */
export const MAX_DEPTH = 100;

/** A number that is shorter and has no exponent is always exact. */
const UNHELD_LENGTH = 16;

const [QUOTE = 0, BACKSLASH, COLON, OPEN_LIST, OPEN_OBJECT, CLOSE_LIST, CLOSE_OBJECT] = Buffer.from('"\\:[{]}');
const [ZERO = 0, NINE = 0, SMALL_E, LARGE_E, POINT, PLUS, MINUS] = Buffer.from('09eE.+-');
const [SPACE = 0] = Buffer.from(' ');

/** Scans JSON in one pass, whatever its depth. The parser decides whether it is JSON at all. */
export function scanJson(bytes: Buffer): JsonScan {
  /** The names of each open object or list, once it has one. */
  const open: (Set<string> | undefined)[] = [];
  const unheld: Range[] = [];
  let twice: string | undefined;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfText(bytes, at + 1);
      if (open.length > 0 && isName(bytes, end)) {
        const name = readName(bytes, at, end);
        const names = (open[open.length - 1] ??= new Set());
        if (names.has(name)) twice ??= Buffer.from(name, 'latin1').toString();
        names.add(name);
      }
      at = end - 1;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (open.push(undefined) > MAX_DEPTH) return { isDeep: true, twice, unheld };
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      open.pop();
    } else if (isDigit(byte)) {
      const { end, mayBeUnheld } = readNumber(bytes, at);
      if (mayBeUnheld && isUnheld(bytes.toString('latin1', at, end))) unheld.push([at, end]);
      at = end - 1;
    }
  }
  return { isDeep: false, twice, unheld };
}

/** The position after the quote that ends a string. */
function endOfText(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let escapes = 0;
    while (bytes[quote - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
  return bytes.length;
}

function isName(bytes: Buffer, end: number): boolean {
  let at = end;
  while (at < bytes.length && (bytes[at] ?? 0) <= SPACE) at += 1;
  return bytes[at] === COLON;
}

/** Its UTF-8, one character per byte, with escapes decoded: `te\u0078t` is `text`. */
function readName(bytes: Buffer, start: number, end: number): string {
  const name = bytes.toString('latin1', start + 1, end - 1);
  if (!name.includes('\\')) return name;
  try {
    return Buffer.from(String(JSON.parse(bytes.toString('utf8', start, end)))).toString('latin1');
  } catch {
    return name;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function readNumber(bytes: Buffer, start: number): { readonly end: number; readonly mayBeUnheld: boolean } {
  let hasExponent = false;
  let end = start;
  for (; end < bytes.length; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte === SMALL_E || byte === LARGE_E) hasExponent = true;
    else if (!isDigit(byte) && byte !== POINT && byte !== PLUS && byte !== MINUS) break;
  }
  return { end, mayBeUnheld: hasExponent || end - start >= UNHELD_LENGTH };
}

function isUnheld(number: string): boolean {
  if (/^\d+$/.test(number)) return !number.startsWith('0') && !Number.isSafeInteger(Number(number));
  return Number(number) === Infinity;
}
