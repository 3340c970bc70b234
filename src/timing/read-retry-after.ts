/**
 * Reads the header `Retry-After` (RFC 9110 10.2.3): seconds or an HTTP date.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds from 0; undefined for anything else
 */
export function readRetryAfter(value: string | null | undefined, now: number = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text)) * 1000;
  // All three forms of an HTTP date begin with the day's name; Date.parse alone would take "7" as well.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(time - now, 0);
}
