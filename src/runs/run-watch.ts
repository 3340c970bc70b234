import { ProblemError } from '../protocol/problem-error.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import { type PollOptions, pollHistory } from './poll-history.ts';
import { HistoryOutline } from './read-history.ts';
import type { RunKind, RunState } from './run-kind.ts';
import { pause, until } from '../timing/until.ts';

/** Between two reads at least: a run that starts brings several events at once. */
const GAP_MS = 100;
/** Progress and the start of an attempt are in no history; while nothing changes they are looked for less often. */
const FIRST_LOOK_MS = 2000;
const LATER_LOOK_MS = 10_000;
/** A callback that waits for its next attempt does not change before it. */
const LATEST_LOOK_MS = 60_000;
const AFTER_AN_ATTEMPT_MS = 500;

/** A run as it stood at some time. */
export interface Snapshot extends RunState {
  /** When the reading began, by `performance.now()`. */
  readonly readAt: number;
}

export interface WatchOptions extends PollOptions {
  /** Reads a run exactly. Rejects with `not_found` when it is there no longer, with another problem for a while. */
  readonly read: (runId: string) => Promise<RunState>;
}

/**
 * One run, watched for all who wait for it or listen to it: one long poll for its history, which alone serves those who
 * wait; and only while somebody listens, reads whenever the run may have changed.
 */
export class RunWatch {
  readonly #runId: string;
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  #waiters = 0;
  #listeners = 0;
  #polled = false;
  #pollEnded = false;
  #waitEnded = false;
  #memoChanges = 0;
  #reading: AbortController | undefined;
  #latest: Snapshot | undefined;
  #stirred = false;
  #wake: () => void = () => undefined;
  readonly #sleepers = new Set<() => void>();

  constructor(runId: string, kind: Pick<RunKind, 'endsWait'>, options: WatchOptions) {
    this.#runId = runId;
    this.#options = options;
    void this.#poll(kind);
  }

  /** Whether its poll has come to its end: who comes later needs a watch of their own. */
  get ended(): boolean {
    return this.#pollEnded;
  }

  /** Whether nobody waits or listens. */
  get unused(): boolean {
    return this.#waiters + this.#listeners === 0;
  }

  /** As `RunFanOut.wait` promises. */
  async wait(signal: AbortSignal, seen: number): Promise<number> {
    this.#waiters += 1;
    while (!this.#waitEnded && !signal.aborted && this.#memoChanges <= seen) await this.#untilNews(signal);
    this.#waiters -= 1;
    return Math.max(this.#memoChanges, seen);
  }

  /** The states that come after `seen`, as `RunFanOut.listen` promises them. */
  async *listen(seen: Snapshot, signal: AbortSignal): AsyncGenerator<RunState, void, undefined> {
    this.#listeners += 1;
    if (this.#reading === undefined) void this.#keepReading();
    let last = seen;
    try {
      while (!signal.aborted) {
        const next = this.#after(last);
        if (next !== undefined) {
          last = next;
          yield next;
          if (next.settled) return;
        } else if (this.#reading === undefined) return;
        else await this.#untilNews(signal);
      }
    } finally {
      this.#listeners -= 1;
      if (this.#listeners === 0) this.#stopReading();
    }
  }

  /** Ends the poll, the reads, every wait and whatever listens. */
  stop(): void {
    this.#stop.abort();
    this.#waitEnded = true;
    this.#stopReading();
    this.#wakeAll();
  }

  async #poll({ endsWait }: Pick<RunKind, 'endsWait'>): Promise<void> {
    const outline = new HistoryOutline();
    for await (const events of pollHistory(this.#options, this.#runId, this.#stop.signal)) {
      this.#polled = true;
      if (events.length === 0) continue;
      outline.add(events);
      const changes = events.filter((event) => event.workflowPropertiesModifiedEventAttributes).length;
      this.#memoChanges += changes;
      if (changes > 0) this.#wakeAll();
      if (!this.#waitEnded && endsWait(outline.activities)) this.#endWaits();
      if (this.#waitEnded && this.#listeners === 0) break;
      this.#stir();
    }
    this.#pollEnded = true;
    this.#endWaits();
    this.#stir();
  }

  async #keepReading(): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    // Who listens from the first page on is stirred by it.
    this.#stirred = this.#polled;
    let look = FIRST_LOOK_MS;
    for (;;) {
      await this.#untilStirred(look, reading.signal);
      const readAt = performance.now();
      let state: RunState;
      try {
        if (reading.signal.aborted) return;
        state = await this.#options.read(this.#runId);
        if (reading.signal.aborted) return;
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'not_found') break;
        look = Math.min(look * 2, LATER_LOOK_MS);
        continue;
      }
      const changed = this.#latest === undefined || !isSame(state.run, this.#latest.run);
      this.#latest = { ...state, readAt };
      if (changed) this.#wakeAll();
      if (state.settled) break;
      look = changed ? FIRST_LOOK_MS : Math.min(look * 1.5, LATER_LOOK_MS);
      look = untilNextAttempt(state.run) ?? look;
    }
    if (this.#reading !== reading) return;
    this.#stopReading();
    // A slow listener may hold its last state for long: nothing is polled for it.
    if (this.#waiters === 0) this.#stop.abort();
  }

  #stopReading(): void {
    this.#reading?.abort();
    this.#reading = undefined;
    this.#wakeAll();
  }

  async #untilStirred(milliseconds: number, signal: AbortSignal): Promise<void> {
    await pause(GAP_MS, signal);
    if (!this.#stirred) {
      await until(signal, (end) => {
        const timer = setTimeout(end, milliseconds);
        this.#wake = end;
        return () => clearTimeout(timer);
      });
    }
    if (!signal.aborted) this.#stirred = false;
  }

  #stir(): void {
    this.#stirred = true;
    this.#wake();
  }

  #endWaits(): void {
    this.#waitEnded = true;
    this.#wakeAll();
  }

  /** The newest snapshot, where it is newer than another one and differs from it. */
  #after(seen: Snapshot): Snapshot | undefined {
    const latest = this.#latest;
    if (latest === undefined || latest.readAt <= seen.readAt) return undefined;
    return isSame(latest.run, seen.run) ? undefined : latest;
  }

  /** Resolves at the next change of any kind, or when `signal` is aborted. */
  #untilNews(signal: AbortSignal): Promise<void> {
    return until(signal, (end) => {
      this.#sleepers.add(end);
      return () => this.#sleepers.delete(end);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#sleepers) wake();
  }
}

function untilNextAttempt({ callback }: RunResource): number | undefined {
  if (callback.status !== 'retrying' || callback.next_attempt_at === undefined) return undefined;
  const wait = Date.parse(callback.next_attempt_at) - Date.now() + AFTER_AN_ATTEMPT_MS;
  return Math.min(Math.max(wait, FIRST_LOOK_MS), LATEST_LOOK_MS);
}

function isSame(one: RunResource, other: RunResource): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
