import { ProblemError } from '../../protocol/problems.ts';
import { ClientSlots } from './client-slots.ts';

/** How many polls may wait for the end of a run at once. */
export interface WaitLimits {
  /** Of all clients of this process. Each run that is waited for is a long poll at Temporal. */
  readonly maxWaits: number;
  readonly maxWaitsPerClient: number;
}

export const DEFAULT_WAIT_LIMITS: WaitLimits = { maxWaits: 1000, maxWaitsPerClient: 200 };

/** Counts the polls that wait. Refuses with `too_many_in_flight` and `overloaded`. */
export function createWaitSlots({ maxWaits, maxWaitsPerClient }: WaitLimits): ClientSlots {
  return new ClientSlots({
    perClient: () => maxWaitsPerClient,
    inAll: maxWaits,
    refuseClient: (limit) =>
      new ProblemError(
        'too_many_in_flight',
        `A client may wait for ${limit} runs at once: ask without "wait", or have callbacks sent.`,
      ),
    refuseAll: () =>
      new ProblemError('overloaded', 'As many polls wait here as this server can hold: ask again, or without "wait".'),
  });
}
