import type { FailureType } from '../contract/failures.ts';
import type { AgentAnswer } from '../contract/run.ts';

/** What an adapter is told beside the task. */
export interface AgentContext {
  /** The Temporal workflow ID. */
  readonly runId: string;
  /** Which of the run's paid calls this is, from 1. */
  readonly call: number;
  /** The conversation: never empty, and already prefixed with the client's id. */
  readonly sessionKey: string;
  readonly userId?: string;
  readonly userName?: string;
  /** What a source's operator told beside the task, by name; absent where there is nothing. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long this one call may take, in milliseconds; `signal` is aborted then. */
  readonly timeoutMs: number;
  /** Largest answer, in bytes of UTF-8. An adapter stops reading past it and rejects with `AnswerTooLarge`. */
  readonly maxAnswerBytes: number;
  /** Aborted on cancel, on shutdown and at the timeout; the adapter then ends the call and rejects with `signal.reason`. */
  readonly signal: AbortSignal;
  /** Tells what the agent is doing, in a few words. Seen in the Temporal UI and by whoever polls. */
  readonly report: (progress: string) => void;
}

/**
 * Anything that answers a task. One adapter a file; `index.ts` lists them.
 *
 * `run` rejects with an `AgentError` whose type is in the failure table, or with `signal.reason` when aborted. It
 * never passes on what the agent said when it failed: that text may hold the model's address or whole body.
 */
export interface Agent {
  run(text: string, context: AgentContext): Promise<AgentAnswer>;
}

/**
 * Thrown by an adapter when the agent gave no answer.
 *
 * The message is in our own words and goes on after the agent's name: `refused our key (401)`. No host, no address, no
 * word of the agent's: callers read it. How to mend it stands in the failure table.
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly type: FailureType;
  /** HTTP status, where there was one. */
  readonly statusCode: number | undefined;
  /** The pause that the agent asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(type: FailureType, message: string, details: { statusCode?: number; retryAfterMs?: number } = {}) {
    super(message);
    this.type = type;
    this.statusCode = details.statusCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}
