import type { FailureType } from '../../contract/failures.ts';

/** Why an agent takes no tasks for a while. */
export interface Refusal {
  readonly type: FailureType;
  /** In our own words, read after the agent's name: `asked for a pause (429)`. */
  readonly what: string;
  readonly statusCode?: number | undefined;
}

/** A call that runs. Times are milliseconds of the same monotonic clock. */
export interface RunningCall {
  readonly startedAt: number;
}

/** A pause without `Retry-After` doubles up to this, so that an agent that recovers is noticed within a minute. */
const LONGEST_PAUSE_MS = 60_000;
/** A refusal comes sooner; a call that runs for this long was accepted. */
const ACCEPTED_AFTER_MS = 2000;

/**
 * What this process has learned of one agent's willingness, for all of its runs together.
 *
 * A refusal pauses the agent. After the pause one call asks; each call that is accepted lets two more in, so that an agent with
 * 700 waiting tasks refuses a few of them, not all. A refusal of a call that started before the pause does not lengthen a pause
 * that nobody asked for.
 */
export class AgentPace {
  readonly #concurrency: number;
  #pausedAt = -Infinity;
  #pausedUntil = -Infinity;
  #refusals = 0;
  #refusal: Refusal | undefined;
  /** Calls that ended since the last refusal and were not refused. */
  #accepted = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** How long the agent is to be left alone. */
  pauseMs(now: number): number {
    return Math.max(this.#pausedUntil - now, 0);
  }

  /** The last refusal, until a call is accepted. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Most concurrent calls at the moment. */
  limit(running: Iterable<RunningCall>, now: number): number {
    if (this.#refusal === undefined) return this.#concurrency;
    let accepted = this.#accepted;
    for (const { startedAt } of running) {
      if (startedAt > this.#pausedAt && now - startedAt >= ACCEPTED_AFTER_MS) accepted += 1;
    }
    return Math.min(1 + 2 * accepted, this.#concurrency);
  }

  /** A call ended, and was not refused. */
  accept(call: RunningCall): void {
    if (this.#refusal === undefined || call.startedAt <= this.#pausedAt) return;
    this.#refusals = 0;
    this.#accepted += 1;
    if (1 + 2 * this.#accepted >= this.#concurrency) this.#refusal = undefined;
  }

  /**
   * A call was refused.
   *
   * @param firstPauseMs the pause after the first refusal; it doubles with each further one
   * @param retryAfterMs the pause that the agent asked for, which takes precedence
   */
  refuse(
    call: RunningCall,
    refusal: Refusal,
    { now, firstPauseMs, retryAfterMs }: { now: number; firstPauseMs: number; retryAfterMs?: number | undefined },
  ): void {
    if (call.startedAt > this.#pausedAt) {
      this.#refusals += 1;
      this.#pausedAt = now;
    }
    const doubled = firstPauseMs * 2 ** Math.min(this.#refusals - 1, 30);
    const pauseMs = retryAfterMs ?? Math.min(doubled, Math.max(firstPauseMs, LONGEST_PAUSE_MS));
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    this.#refusal = refusal;
    this.#accepted = 0;
  }
}
