import type { FailureType } from '../contract/failures.ts';
import type { JsonValue } from '../contract/json-value.ts';
import type { AgentAnswer, Usage } from '../contract/run.ts';
import type { Budget } from './budget.ts';

/** What an adapter logs to. Fields are snake_case; what the agent said belongs in neither fields nor message. */
export interface AgentLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One earlier message of a conversation. */
export interface ConversationTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** What an adapter gets beside the task. */
export interface AgentContext {
  /** The Temporal workflow ID. */
  readonly runId: string;
  /** Which activity of which execution of the workflow calls, so that others can complete it. Absent outside of a workflow. */
  readonly step?: { readonly activityId: string; readonly executionId: string };
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
  /**
   * What the run may cost, and what its earlier calls cost. An agent that calls a model several times for one task passes it to
   * `checkBudget` before each further call. Absent: no limit.
   */
  readonly budget?: Budget;
  /** When the time of this call is over. */
  readonly deadline: Date;
  /**
   * Aborted on cancel, on shutdown and at the timeout; the adapter then ends the call and rejects with `signal.reason`. Where
   * `isHandOver(signal.reason)`, a later attempt resumes the call: what the kept handle stands for must go on.
   */
  readonly signal: AbortSignal;
  /** Writes to the worker's log, with the run's id and the agent's name. */
  readonly logger: AgentLogger;
  /** Headers of W3C Trace Context for the request to the agent. Absent where nothing is traced. */
  readonly traceHeaders?: Readonly<Record<string, string>>;
  /** Reports what the agent is doing, in a few words. The Temporal UI and the run resource show it. */
  readonly report: (progress: string) => void;
  /**
   * Reports a further piece of the answer as the agent writes it. Call it as often as the agent does: the core joins the pieces.
   * They are shown while the call lasts, and are no part of the answer that `run` resolves with.
   */
  readonly reportText: (delta: string) => void;
  /**
   * Keeps a handle of the work: the ID of a remote run, a session, the messages so far. Await it BEFORE you wait for anything that the
   * handle stands for. It replaces the last handle, and is at most 64 KiB of JSON. Temporal stores it, so it may contain no secret.
   *
   * It resolves once the handle is kept. When the worker is lost after that, the next attempt gets the handle as `resumed`.
   *
   * @throws RangeError when the handle is larger, TypeError when it is no JSON
   */
  readonly checkpoint: (handle: JsonValue) => Promise<void>;
  /**
   * The last handle of this call, whose worker was lost, restarted or interrupted: go on from there instead of starting anew. Absent in
   * a new paid call. Where the handle is worth nothing any more, reject with a failure that counts, such as `ConnectionLost`.
   */
  readonly resumed?: JsonValue;
  /** The last turns of the conversation, for an agent that does not remember them itself. Absent where there are none. */
  readonly history?: readonly ConversationTurn[];
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
  /** Whether the agent posts its progress to the ingress: then the worker looks for it before each heartbeat. Default: it does not. */
  readonly isToldByPost?: boolean;
}

/**
 * Whether a call was aborted so that a later attempt resumes it: its worker shuts down, or an operator paused or reset the activity.
 * Otherwise the work is not wanted any more, and an adapter that works by a handle ends it.
 *
 * @param reason of the context's `signal`
 * @example
 * if (!isHandOver(signal.reason)) await cancelRemoteRun(handle);
 */
export function isHandOver(reason: unknown): boolean {
  return reason instanceof Error && (reason as { isHandOver?: unknown }).isHandOver === true;
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
  /** What the failed call cost, where the agent told. It counts for the limits of the run. */
  readonly usage: Usage | undefined;

  constructor(
    type: FailureType,
    message: string,
    details: { statusCode?: number; retryAfterMs?: number; fix?: string; usage?: Usage } = {},
  ) {
    super(message);
    this.fix = details.fix;
    this.usage = details.usage;
    this.type = type;
    this.statusCode = details.statusCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}
