import { ProblemError } from '../../protocol/problems.ts';
import { ClientSlots } from './client-slots.ts';

/** How many event streams may be open at once. */
export interface StreamLimits {
  /** Of all clients of this process. Each run that is followed is a long poll at Temporal. */
  readonly maxStreams: number;
  readonly maxStreamsPerClient: number;
  /** Between two comments that show an idle connection to be alive, in milliseconds. */
  readonly streamKeepAlive: number;
  /** After this long without a byte taken by its reader a stream is cut, in milliseconds. */
  readonly streamStalledTimeout: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxStreams: 200,
  maxStreamsPerClient: 50,
  streamKeepAlive: 15_000,
  streamStalledTimeout: 60_000,
};

/** Counts the event streams that are open. Refuses with `too_many_streams` and `overloaded`. */
export function createStreamSlots({ maxStreams, maxStreamsPerClient }: StreamLimits): ClientSlots {
  return new ClientSlots({
    perClient: () => maxStreamsPerClient,
    inAll: maxStreams,
    refuseClient: (limit) =>
      new ProblemError('too_many_streams', `A client may follow ${limit} runs at once: close a stream, or poll.`),
    refuseAll: () =>
      new ProblemError('overloaded', 'This server follows as many runs as it can: ask again later, or poll.'),
  });
}
