import { isSettled, type RunResource } from '../protocol/run-resource.ts';
import { RunFeed, type FeedOptions, type Snapshot } from './run-feed.ts';

/**
 * Follows runs for whoever listens. However many listen to one run, Temporal is asked for one: by a long poll for its
 * history, and by `describe` for what no history tells. Both end with the last listener.
 */
export class RunFeeds {
  readonly #options: FeedOptions;
  readonly #feeds = new Map<string, RunFeed>();
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** How many runs are followed at the moment. */
  get size(): number {
    return this.#feeds.size;
  }

  /**
   * Every state of a run that differs from the one before; who is slow to ask for the next misses those between, but never
   * the last. Ends once nothing more will happen, when the run is there no longer, when `signal` is aborted, and with
   * `close`; never throws.
   *
   * @param seen what the listener knows already
   */
  async *listen(runId: string, seen: Snapshot, signal: AbortSignal): AsyncGenerator<RunResource, void, undefined> {
    if (this.#closed) return;
    const known = this.#feeds.get(runId);
    const feed = known === undefined || known.ended ? this.#begin(runId) : known;
    feed.listeners += 1;
    let last = seen;
    try {
      while (!signal.aborted) {
        const next = feed.after(last);
        if (next !== undefined) {
          last = next;
          yield next.run;
          if (isSettled(next.run)) return;
        } else if (feed.ended) return;
        else await feed.untilChange(signal);
      }
    } finally {
      feed.listeners -= 1;
      if (feed.listeners === 0) this.#end(runId, feed);
    }
  }

  /** Ends every feed, and with it whatever listens. */
  close(): void {
    this.#closed = true;
    for (const [runId, feed] of this.#feeds) this.#end(runId, feed);
  }

  #begin(runId: string): RunFeed {
    const feed = new RunFeed(runId, this.#options);
    this.#feeds.set(runId, feed);
    return feed;
  }

  #end(runId: string, feed: RunFeed): void {
    feed.stop();
    if (this.#feeds.get(runId) === feed) this.#feeds.delete(runId);
  }
}
