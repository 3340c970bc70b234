import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import type { CornerRun } from './corner-run.ts';

const RECONNECT_MS = 1000;

/** Follows the event stream of a run, and connects again as an EventSource does. */
export class RunListener {
  /** What the stream told last. */
  last: RunResource | undefined;
  /** Whether the last stream was ended by the server because nothing more can come. */
  ended = false;
  readonly #stop = new AbortController();

  constructor(run: CornerRun) {
    void this.#follow(run);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #follow({ api, seat, runId }: CornerRun): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for await (const told of api.follow(seat, runId, signal)) {
          if (told === 'end') this.ended = true;
          else this.last = told;
        }
      } catch {
        // Temporal is away, or we are stopped.
      }
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
