import type { Refusal } from './scheme.ts';

/**
 * Judges a signed timestamp, as far from now into the past as into the future.
 *
 * @param text the header's own text: seconds since the epoch in digits only, no zero before them
 * @param now milliseconds since the epoch
 * @param windowSeconds how far off it may be, in seconds, the limit included
 * @returns why it is refused, or undefined when it is good
 */
export function judgeTimestamp(text: string, now: number, windowSeconds: number): Refusal | undefined {
  if (!/^(?:0|[1-9]\d{0,11})$/.test(text)) return 'signature_invalid';
  const off = Math.abs(Math.floor(now / 1000) - Number(text));
  // Asked this way round, a clock that reads NaN refuses.
  return off <= windowSeconds ? undefined : 'timestamp_out_of_window';
}
