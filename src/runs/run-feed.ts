import { ProblemError } from '../protocol/problems.ts';
import { isSettled, type RunResource } from '../protocol/run-resource.ts';
import { pause, type PollOptions, pollHistory } from './poll-history.ts';

/** Between two reads at least: a run that starts brings several events at once. */
const GAP_MS = 100;
/** Progress and the start of an attempt are in no history; while nothing changes they are looked for less often. */
const FIRST_LOOK_MS = 2000;
const LATER_LOOK_MS = 10_000;
/** A callback that waits for its next try does not change before it. */
const LATEST_LOOK_MS = 60_000;
const AFTER_A_TRY_MS = 500;

export interface FeedOptions extends PollOptions {
  /** Reads a run exactly. Rejects with `not_found` when it is there no longer, with another problem for a while. */
  readonly read: (runId: string) => Promise<RunResource>;
}

/** A run as it stood at some time. */
export interface Snapshot {
  readonly run: RunResource;
  /** When the reading began, by `performance.now()`. */
  readonly readAt: number;
}

/** One run, read again whenever it may have changed. */
export class RunFeed {
  /** Who counts them: `RunFeeds`. */
  listeners = 0;
  readonly #options: FeedOptions;
  readonly #stop = new AbortController();
  #latest: Snapshot | undefined;
  #ended = false;
  #stirred = false;
  #wake: () => void = () => undefined;
  readonly #waiting = new Set<() => void>();

  constructor(runId: string, options: FeedOptions) {
    this.#options = options;
    void this.#watchHistory(runId);
    void this.#keepReading(runId);
  }

  /** Whether nothing more will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The newest snapshot, where it is newer than another one and differs from it. */
  after(seen: Snapshot): Snapshot | undefined {
    const latest = this.#latest;
    if (latest === undefined || latest.readAt <= seen.readAt) return undefined;
    return isSame(latest.run, seen.run) ? undefined : latest;
  }

  /** Resolves at the next snapshot, at the end, or when `signal` is aborted. */
  untilChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#waiting.add(end);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted || this.#ended) end();
    });
  }

  stop(): void {
    this.#end();
  }

  async #watchHistory(runId: string): Promise<void> {
    for await (const events of pollHistory(this.#options, runId, this.#stop.signal)) {
      if (events.length > 0) this.#stir();
    }
    this.#stir();
  }

  async #keepReading(runId: string): Promise<void> {
    const { signal } = this.#stop;
    let look = FIRST_LOOK_MS;
    while (!signal.aborted) {
      await this.#untilStirred(look);
      if (signal.aborted) break;
      const readAt = performance.now();
      let run: RunResource;
      try {
        run = await this.#options.read(runId);
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'not_found') break;
        look = Math.min(look * 2, LATER_LOOK_MS);
        continue;
      }
      const changed = this.#latest === undefined || !isSame(run, this.#latest.run);
      this.#latest = { run, readAt };
      if (changed) this.#tell();
      if (isSettled(run)) break;
      look = changed ? FIRST_LOOK_MS : Math.min(look * 1.5, LATER_LOOK_MS);
      look = untilNextTry(run) ?? look;
    }
    this.#end();
  }

  async #untilStirred(milliseconds: number): Promise<void> {
    await pause(GAP_MS, this.#stop.signal);
    if (!this.#stirred && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#stirred = false;
  }

  #stir(): void {
    this.#stirred = true;
    this.#wake();
  }

  #tell(): void {
    for (const end of this.#waiting) end();
  }

  #end(): void {
    this.#ended = true;
    this.#stop.abort();
    this.#wake();
    this.#tell();
  }
}

function untilNextTry({ callback }: RunResource): number | undefined {
  if (callback.status !== 'retrying' || callback.next_attempt_at === undefined) return undefined;
  const wait = Date.parse(callback.next_attempt_at) - Date.now() + AFTER_A_TRY_MS;
  return Math.min(Math.max(wait, FIRST_LOOK_MS), LATEST_LOOK_MS);
}

function isSame(one: RunResource, other: RunResource): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
