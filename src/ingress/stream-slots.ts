import { ProblemError } from '../protocol/problems.ts';

/** How many event streams may be open at once. */
export interface StreamLimits {
  readonly perClient: number;
  /** By all clients of this process. Each run that is followed is a long poll at Temporal. */
  readonly inAll: number;
  /** Between two comments that show an idle connection to be alive, in milliseconds. */
  readonly keepAliveMs: number;
  /** After this long without a byte taken by its reader a stream is cut, in milliseconds. */
  readonly stalledMs: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  perClient: 50,
  inAll: 200,
  keepAliveMs: 15_000,
  stalledMs: 60_000,
};

/** Counts the event streams that are open. */
export class StreamSlots {
  readonly #limits: StreamLimits;
  readonly #open = new Map<string, number>();
  #inAll = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a slot for a client.
   *
   * @returns gives it back; a second call does nothing
   * @throws ProblemError `too_many_streams`, `overloaded`
   */
  take(client: string): () => void {
    const own = this.#open.get(client) ?? 0;
    const { perClient, inAll } = this.#limits;
    if (own >= perClient) {
      throw new ProblemError(
        'too_many_streams',
        `A client may follow ${perClient} runs at once: close a stream, or poll.`,
      );
    }
    if (this.#inAll >= inAll) {
      throw new ProblemError('overloaded', 'This server follows as many runs as it can: ask again later, or poll.');
    }
    this.#add(client, 1);
    let held = true;
    return () => {
      if (held) this.#add(client, -1);
      held = false;
    };
  }

  #add(client: string, count: 1 | -1): void {
    this.#inAll += count;
    const own = (this.#open.get(client) ?? 0) + count;
    if (own === 0) this.#open.delete(client);
    else this.#open.set(client, own);
  }
}
