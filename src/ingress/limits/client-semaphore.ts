import { ProblemError } from '../../protocol/problem-error.ts';

/** How many permits there are, and how a request without one is refused. */
export interface SemaphoreRules {
  /** Infinity: no limit. */
  readonly perClient: (client: string) => number;
  /** Of all clients of this process together. */
  readonly total: number;
  readonly refuseClient: (limit: number) => ProblemError;
  readonly refuseAll: (limit: number) => ProblemError;
}

/** A semaphore with permits per client and in total, in the memory of this process. It never waits. */
export class ClientSemaphore {
  readonly #rules: SemaphoreRules;
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(rules: SemaphoreRules) {
    this.#rules = rules;
  }

  /** How many permits a client has left. */
  left(client: string): number {
    return this.#rules.perClient(client) - (this.#taken.get(client) ?? 0);
  }

  /**
   * Takes a permit for a client.
   *
   * @returns releases the permit; a second call does nothing
   * @throws ProblemError as the rules make them
   */
  acquire(client: string): () => void {
    const { perClient, total, refuseClient, refuseAll } = this.#rules;
    if (this.left(client) <= 0) throw refuseClient(perClient(client));
    if (this.#total >= total) throw refuseAll(total);
    this.#add(client, 1);
    let held = true;
    return () => {
      if (held) this.#add(client, -1);
      held = false;
    };
  }

  #add(client: string, count: 1 | -1): void {
    this.#total += count;
    const own = (this.#taken.get(client) ?? 0) + count;
    if (own === 0) this.#taken.delete(client);
    else this.#taken.set(client, own);
  }
}

/** How many requests may wait for the end of a run at the same time. Each run that is waited for is a long poll at Temporal. */
export interface WaitLimits {
  readonly maxWaits: number;
  readonly maxWaitsPerClient: number;
}

export const DEFAULT_WAIT_LIMITS: WaitLimits = { maxWaits: 1000, maxWaitsPerClient: 200 };

/** Permits for `?wait=`. Refuses with `too_many_in_flight` (429) and `overloaded` (503). */
export function createWaitSemaphore({ maxWaits, maxWaitsPerClient }: WaitLimits): ClientSemaphore {
  return new ClientSemaphore({
    perClient: () => maxWaitsPerClient,
    total: maxWaits,
    refuseClient: (limit) =>
      new ProblemError(
        'too_many_in_flight',
        `A client may have ${limit} requests with "wait" open at the same time: poll without "wait", or use callbacks.`,
      ),
    refuseAll: () =>
      new ProblemError('overloaded', 'The server has reached its limit of waiting requests: retry, or omit "wait".'),
  });
}

/** How many event streams may be open at the same time. Each run that is followed is a long poll at Temporal. */
export interface StreamLimits {
  readonly maxStreams: number;
  readonly maxStreamsPerClient: number;
  /** Time between two comments that keep an idle connection alive, in milliseconds. */
  readonly streamKeepAlive: number;
  /** A stream whose reader takes no byte for this long is closed, in milliseconds. */
  readonly streamStalledTimeout: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxStreams: 200,
  maxStreamsPerClient: 50,
  streamKeepAlive: 15_000,
  streamStalledTimeout: 60_000,
};

/** Permits for event streams. Refuses with `too_many_streams` (429) and `overloaded` (503). */
export function createStreamSemaphore({ maxStreams, maxStreamsPerClient }: StreamLimits): ClientSemaphore {
  return new ClientSemaphore({
    perClient: () => maxStreamsPerClient,
    total: maxStreams,
    refuseClient: (limit) =>
      new ProblemError('too_many_streams', `A client may have ${limit} event streams open: close one, or poll.`),
    refuseAll: () =>
      new ProblemError('overloaded', 'The server has as many event streams open as it can: retry later, or poll.'),
  });
}
