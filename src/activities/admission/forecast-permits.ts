import type { RunningCall } from './agent-pace.ts';

/** What is known of an agent's calls. Times and durations are milliseconds of one monotonic clock. */
export interface CallsUnderWay {
  readonly now: number;
  readonly running: Iterable<RunningCall>;
  /** Most concurrent calls at the moment. */
  readonly limit: number;
  /** How long a call takes, as measured. */
  readonly callMs: number;
}

/**
 * Tells how long it takes until each permit becomes free, from the age of the calls: calls that began together end together.
 * A call that takes longer than expected is expected to take as long again as it is late.
 *
 * @returns for a place in the line, from 1, the milliseconds until its permit is free
 */
export function forecastPermits({ now, running, limit, callMs }: CallsUnderWay): (place: number) => number {
  const ends = Array.from(running, ({ startedAt }) => Math.abs(startedAt + callMs - now))
    .toSorted((one, other) => one - other)
    .slice(0, limit);
  while (ends.length < limit) ends.unshift(0);
  return (place) => (ends[(place - 1) % limit] ?? 0) + Math.floor((place - 1) / limit) * callMs;
}
