import { randomUUID } from 'node:crypto';
import type { AgentContext } from '../../agents/agent.ts';
import type { AgentProgress, Checkpoint } from '../../contract/activities.ts';
import { type JsonValue, toJsonText } from '../../contract/json-value.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { StreamedText } from './streamed-text.ts';
import type { Interruption } from './interruption.ts';
import { type ActivityKey, keyOf } from '../journal/journal-entry.ts';

/** How a call ended: with an answer, or with the reason why there is none. */
export type CallEnd = { readonly answer: AgentAnswer } | { readonly error: unknown };

/** An attempt that waits for the end of a call. */
export interface Follower {
  /** When Temporal scheduled the attempt, in milliseconds since the epoch: the latest attempt follows the call. */
  readonly since: number;
  /** The agent reported progress, or a further piece of its answer. */
  readonly onProgress: () => void;
  /** The call has another checkpoint. Resolves once Temporal has it, or can't be waited for. */
  readonly onCheckpoint: () => Promise<void>;
}

const NOBODY = {
  since: -Infinity,
  onProgress: () => undefined,
  onCheckpoint: () => Promise.resolve(),
  leave: () => undefined,
};

/** What people see of a call under way. */
export type ShownProgress = Pick<AgentProgress, 'progress' | 'text'>;

/** What an adapter tells while it works. */
export type CallReports = Pick<AgentContext, 'report' | 'reportText' | 'checkpoint'>;

/** Keeps a checkpoint in the journal, where there is one. */
export type SaveCheckpoint = (checkpoint: Checkpoint) => Promise<void>;

/**
 * One call of an agent. It outlives the attempt that started it: when Temporal gives that attempt up while the worker lives, the
 * next attempt follows the same call.
 */
export class AgentCall {
  readonly id = randomUUID().slice(0, 8);
  /** On the clock of `performance.now`. */
  readonly startedAt = performance.now();
  /** Whether the agent posts its progress to the ingress. */
  readonly isToldByPost: boolean;
  readonly #counts: AgentProgress;
  readonly #save: SaveCheckpoint;
  readonly #controller = new AbortController();
  readonly #ended: Promise<CallEnd>;
  #checkpoint: Checkpoint | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #progress: string | undefined;
  #lines = 0;
  readonly #text = new StreamedText();
  #follower: Follower & { leave(): void } = NOBODY;
  #isOver = false;
  readonly #isFollowed: Promise<void>;
  #beginFollowing = (): void => undefined;

  /**
   * Starts the call.
   *
   * @param counts paid calls so far, this one included
   * @param ask calls the agent. Its signal aborts with an `Interruption`; reports go to the attempt that follows the call.
   */
  constructor(
    counts: AgentProgress,
    save: SaveCheckpoint,
    ask: (signal: AbortSignal, reports: CallReports) => Promise<AgentAnswer>,
    isToldByPost = false,
  ) {
    this.#counts = counts;
    this.isToldByPost = isToldByPost;
    this.#checkpoint = counts.checkpoint;
    this.#save = save;
    this.#isFollowed = new Promise((resolve) => (this.#beginFollowing = resolve));
    const reports: CallReports = {
      report: (progress) => {
        this.#progress = progress;
        this.#lines += 1;
        this.#follower.onProgress();
      },
      reportText: (delta) => {
        this.#text.add(delta);
        this.#follower.onProgress();
      },
      checkpoint: (handle) => this.#keep(handle),
    };
    const end = <T>(value: T): T => {
      this.#isOver = true;
      return value;
    };
    this.#ended = ask(this.#controller.signal, reports).then(
      (answer) => end({ answer }),
      (error: unknown) => end({ error }),
    );
  }

  /** Paid calls so far, this one included, and its last checkpoint. */
  get counts(): AgentProgress {
    return { ...this.#counts, checkpoint: this.#checkpoint };
  }

  /** What the agent is doing, as it last reported, and what it has written. */
  get shown(): ShownProgress {
    const { tail } = this.#text;
    return {
      ...(this.#progress !== undefined && { progress: this.#progress }),
      ...(tail && { text: tail }),
    };
  }

  /** Whether it shows more than the first line of every call, which tells that the agent has the task. */
  get hasNews(): boolean {
    return this.#lines > 1 || this.#text.tail !== undefined;
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
    this.#beginFollowing();
    const end = await Promise.race([left, this.#ended]);
    // An ended call is kept for a while, and must not keep the task of its attempt.
    if (end !== undefined) this.#follower = { ...NOBODY, since: this.#follower.since };
    return end;
  }

  abort(reason: Interruption): void {
    this.#controller.abort(reason);
  }

  async #keep(value: JsonValue): Promise<void> {
    const handle = checkHandle(value);
    // What an adapter still does after the end of its call is of nobody's interest.
    if (this.#isOver) return;
    const checkpoint: Checkpoint = { handle, number: (this.#checkpoint?.number ?? 0) + 1 };
    this.#checkpoint = checkpoint;
    // One after the other, so that the last one stays.
    const saved = this.#saving.then(() => this.#save(checkpoint));
    this.#saving = saved;
    // An adapter may keep a handle before it has waited for anything: its attempt does not follow it yet.
    await this.#isFollowed;
    await Promise.all([saved, this.#follower.onCheckpoint()]);
  }
}

/** A handle is in every heartbeat, and each heartbeat is a write of Temporal's. */
const MAX_HANDLE_BYTES = 64 * 1024;

/** @returns a copy, which the adapter cannot change any more */
function checkHandle(value: unknown): JsonValue {
  const text = toJsonText(value);
  if (text === undefined) throw new TypeError('A handle must be JSON: it has a cycle, a bigint or no value.');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_HANDLE_BYTES) {
    throw new RangeError(`A handle must be at most ${MAX_HANDLE_BYTES} bytes of JSON: this one has ${bytes}.`);
  }
  return JSON.parse(text) as JsonValue;
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
