import type { FailureType } from '../contract/failures.ts';
import type { AgentAnswer } from '../contract/run.ts';

/** What an adapter gets beside the task. */
export interface AgentContext {
  /** The Temporal workflow ID. */
  readonly runId: string;
  /** Which of the run's paid calls this is, from 1. */
  readonly call: number;
  /** The conversation: never empty, and already prefixed with the client's id. */
  readonly sessionKey: string;
  readonly userId?: string;
  readonly userName?: string;
  /** What a source adds to the task by `map.metadata`, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long this one call may take, in milliseconds; `signal` is aborted then. */
  readonly timeoutMs: number;
  /** Largest answer, in bytes of UTF-8. An adapter stops reading past it and rejects with `AnswerTooLarge`. */
  readonly maxAnswerBytes: number;
  /** Aborted on cancel, on shutdown and at the timeout; the adapter then ends the call and rejects with `signal.reason`. */
  readonly signal: AbortSignal;
  /** Headers of W3C Trace Context for the request to the agent. Absent where nothing is traced. */
  readonly traceHeaders?: Readonly<Record<string, string>>;
  /** Reports what the agent is doing, in a few words. The Temporal UI and the run resource show it. */
  readonly report: (progress: string) => void;
}

/**
 * Anything that answers a task. `AGENT_TYPES` lists the types that settings can name.
 *
 * `run` rejects with an `AgentError` whose type is in the failure table, or with `signal.reason` when aborted. It
 * never passes on what the agent said when it failed: that text may contain the model's address or its whole answer.
 */
export interface Agent {
  run(text: string, context: AgentContext): Promise<AgentAnswer>;
  /**
   * Whether the agent's server is there, at no cost. After `AgentUnreachable` the worker asks now and then, so that the agent is
   * healthy again without a task. Default: the next answer tells.
   */
  probe?(signal: AbortSignal): Promise<boolean>;
}

/**
 * Thrown by an adapter when the agent gave no answer.
 *
 * The type says whether the call may have cost money (`FAILURE_CLASSES`): use `RateLimited` and `AgentUnreachable` only where no work
 * began. They pause all runs of the agent, as does any `retryAfterMs`.
 *
 * The message continues the agent's name: `refused our key (401)`. Callers read it, so it contains no host, no address and no
 * word of the agent's. How to fix the failure is in `fix`, else in the agent type's remedies, else in the failure table.
 *
 * @example
 * throw new AgentError('RateLimited', 'asked for a pause (429)', { statusCode: 429, retryAfterMs: 30_000 });
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly type: FailureType;
  /** HTTP status, where there was one. */
  readonly statusCode: number | undefined;
  /** The pause that the agent asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** How to fix this one failure, where its type alone does not tell. */
  readonly fix: string | undefined;

  constructor(
    type: FailureType,
    message: string,
    details: { statusCode?: number; retryAfterMs?: number; fix?: string } = {},
  ) {
    super(message);
    this.fix = details.fix;
    this.type = type;
    this.statusCode = details.statusCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}
