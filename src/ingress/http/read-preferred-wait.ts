const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
/** The first `wait` of the list: RFC 7240 section 2 tells to ignore the others. */
const FIRST_WAIT = /(?:^|,)[ \t]*wait[ \t]*(?:=([^;,]*))?(?=[;,]|$)/i;

/**
 * The seconds of `Prefer: wait=30` (RFC 7240 section 4.3), at most `most`.
 *
 * A preference is never an error: what is not a whole number of seconds counts as none.
 *
 * @param header the value of `Prefer`; several of them joined by commas
 * @returns undefined where the caller does not ask for a wait
 */
export function readPreferredWait(header: string | undefined, most: number): number | undefined {
  if (header === undefined) return undefined;
  // A comma within another preference's text separates nothing.
  const plain = header.replace(QUOTED, (_, text: string) => (/^\d+$/.test(text) ? text : ''));
  const value = FIRST_WAIT.exec(plain)?.[1]?.trim() ?? '';
  const seconds = /^\d+$/.test(value) ? Math.min(Number(value), most) : 0;
  return seconds === 0 ? undefined : seconds;
}
