import type { RunKind, RunState } from './run-kind.ts';
import { RunWatch, type Snapshot, type WatchOptions } from './run-watch.ts';

/**
 * Serves all who wait for runs and all who listen to them. However many do either or both for one run, Temporal sees one
 * long poll for it at a time, which ends with the last of them.
 */
export class RunFanOut {
  readonly #options: WatchOptions;
  readonly #watches = new Map<string, RunWatch>();
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Whether it serves nobody any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many runs are watched at the moment. */
  get size(): number {
    return this.#watches.size;
  }

  /**
   * Resolves when what `?wait=` ends on has happened (`RunKind.endsWait`), when the workflow is closed or unknown, when
   * `signal` is aborted, and with `close`; and when the memo has changed more often than `seen`. Never rejects.
   *
   * @returns how often the memo has changed since the run began: what to wait on with
   */
  async wait(runId: string, kind: Pick<RunKind, 'endsWait'>, signal: AbortSignal, seen = 0): Promise<number> {
    if (this.#closed || signal.aborted) return seen;
    const watch = this.#watch(runId, kind);
    const changes = await watch.wait(signal, seen);
    this.#release(runId, watch);
    return changes;
  }

  /**
   * Every state of a run that differs from the one before; who is slow to ask for the next misses those between, but never
   * the last. Ends once the run is settled, when it is there no longer, when `signal` is aborted, and with `close`; never
   * throws.
   *
   * @param seen what the listener knows already
   */
  async *listen(
    runId: string,
    kind: Pick<RunKind, 'endsWait'>,
    seen: Snapshot,
    signal: AbortSignal,
  ): AsyncGenerator<RunState, void, undefined> {
    if (this.#closed) return;
    const watch = this.#watch(runId, kind);
    try {
      yield* watch.listen(seen, signal);
    } finally {
      this.#release(runId, watch);
    }
  }

  /** Ends every watch, and with it every wait and whatever listens. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  #watch(runId: string, kind: Pick<RunKind, 'endsWait'>): RunWatch {
    const known = this.#watches.get(runId);
    if (known !== undefined && !known.ended) return known;
    const watch = new RunWatch(runId, kind, this.#options);
    this.#watches.set(runId, watch);
    return watch;
  }

  #release(runId: string, watch: RunWatch): void {
    if (!watch.unused) return;
    watch.stop();
    if (this.#watches.get(runId) === watch) this.#watches.delete(runId);
  }
}
