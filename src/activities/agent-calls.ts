import { randomUUID } from 'node:crypto';
import type { AgentProgress } from '../contract/activities.ts';
import type { AgentAnswer } from '../contract/run.ts';
import type { Interruption } from './interruption.ts';
import { type ActivityKey, keyOf } from './journal/journal-entry.ts';

/** How a call ended: with an answer, or with the reason why there is none. */
export type CallEnd = { readonly answer: AgentAnswer } | { readonly error: unknown };

/** An attempt that waits for the end of a call. */
export interface Follower {
  /** When Temporal scheduled the attempt, in milliseconds since the epoch: the latest attempt follows the call. */
  readonly since: number;
  /** Called with each progress of the agent. */
  readonly onProgress: (progress: string) => void;
}

const NOBODY = { since: -Infinity, onProgress: () => undefined, leave: () => undefined };

/**
 * One call of an agent. It outlives the attempt that started it: when Temporal gives that attempt up while the worker lives, the
 * next attempt follows the same call.
 */
export class AgentCall {
  readonly id = randomUUID().slice(0, 8);
  /** Paid calls so far, this one included. */
  readonly counts: AgentProgress;
  /** On the clock of `performance.now`. */
  readonly startedAt = performance.now();
  readonly #controller = new AbortController();
  readonly #ended: Promise<CallEnd>;
  #progress: string | undefined;
  #follower: Follower & { leave(): void } = NOBODY;

  /**
   * Starts the call.
   *
   * @param ask calls the agent. Its signal aborts with an `Interruption`; progress goes to the attempt that follows the call.
   */
  constructor(
    counts: AgentProgress,
    ask: (signal: AbortSignal, report: (progress: string) => void) => Promise<AgentAnswer>,
  ) {
    this.counts = counts;
    const report = (progress: string): void => {
      this.#progress = progress;
      this.#follower.onProgress(progress);
    };
    this.#ended = ask(this.#controller.signal, report).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
  }

  /** What the agent is doing, as it last reported. */
  get progress(): string | undefined {
    return this.#progress;
  }

  /**
   * Waits for the end of the call, instead of the attempt that did so before.
   *
   * @returns undefined when a later attempt follows the call
   */
  async follow(follower: Follower): Promise<CallEnd | undefined> {
    if (follower.since < this.#follower.since) return undefined;
    this.#follower.leave();
    const left = new Promise<undefined>((resolve) => {
      this.#follower = { ...follower, leave: () => resolve(undefined) };
    });
    const end = await Promise.race([left, this.#ended]);
    // An ended call is kept for a while, and must not keep the task of its attempt.
    if (end !== undefined) this.#follower = { ...NOBODY, since: this.#follower.since };
    return end;
  }

  abort(reason: Interruption): void {
    this.#controller.abort(reason);
  }
}

/** Ended calls to remember. An entry is small: answers are elsewhere, except without a journal. */
const MAX_ENDED = 1000;

/** The calls of this process that a later attempt may follow, one for each activity. */
export class AgentCalls {
  readonly #calls = new Map<string, AgentCall>();
  /** The keys of calls that have ended, the oldest first. */
  readonly #ended = new Set<string>();

  /** @param heard a call whose end Temporal knows, so that nobody follows it */
  find(activity: ActivityKey, heard?: string): AgentCall | undefined {
    const call = this.#calls.get(keyOf(activity));
    return call === undefined || call.id === heard ? undefined : call;
  }

  add(activity: ActivityKey, call: AgentCall): void {
    const key = keyOf(activity);
    this.#ended.delete(key);
    this.#calls.set(key, call);
  }

  remove(activity: ActivityKey): void {
    const key = keyOf(activity);
    this.#ended.delete(key);
    this.#calls.delete(key);
  }

  /**
   * Keeps the call of an activity whose end may not have reached Temporal, for the next attempt.
   *
   * @param forMs default: until newer ones need the room
   */
  keepEnded(activity: ActivityKey, forMs?: number): void {
    const key = keyOf(activity);
    this.#ended.add(key);
    if (forMs !== undefined) {
      const call = this.#calls.get(key);
      setTimeout(() => {
        if (this.#calls.get(key) === call) this.remove(activity);
      }, forMs).unref();
    }
    const [oldest] = this.#ended;
    if (oldest === undefined || this.#ended.size <= MAX_ENDED) return;
    this.#ended.delete(oldest);
    this.#calls.delete(oldest);
  }
}
