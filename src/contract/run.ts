import type { FailureType } from './failures.ts';

/**
 * What Temporal stores about a run. These shapes live in histories for as long as the namespace keeps them, so a
 * change here is a database migration: only add optional fields, and replay `test/replay` before you merge.
 */

/** What the agent is asked. */
export interface Task {
  /** The instruction itself, never empty. */
  readonly text: string;
  /** The conversation that the task belongs to, as the caller named it. */
  readonly sessionKey?: string;
  readonly userId?: string;
  readonly userName?: string;
  /** What else a source's operator wants to be told beside the task: for people, and for an agent that reads it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How long and how often an agent is tried. Durations are milliseconds. */
export interface AgentPolicy {
  /** One call of the agent, from request to answer. */
  readonly attemptTimeoutMs: number;
  /** All attempts together, waits included. */
  readonly totalTimeoutMs: number;
  /** Silence after which Temporal takes the worker for lost. */
  readonly heartbeatTimeoutMs: number;
  /** Calls that may cost money. Faults of the agent itself do not count. */
  readonly maxAttempts: number;
  /** Largest answer that is kept, in bytes of UTF-8. */
  readonly maxAnswerBytes: number;
}

/** Where and how the outcome is delivered. Durations are milliseconds. */
export interface CallbackTarget {
  readonly url: string;
  /** The wait after each failed try; one try more than there are waits. */
  readonly retryDelaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  /** How long an undeliverable run stays open for a redelivery. */
  readonly deadLetterMs: number;
}

/** Input of the workflow `agentRun`. */
export interface AgentRunInput {
  readonly task: Task;
  /** Who asked: the id of a configured client. */
  readonly client: string;
  /** Through which source the delivery came: `webhook`, or a configured source's name. */
  readonly source: string;
  /** Which configured agent runs it. */
  readonly agent: string;
  readonly agentPolicy: AgentPolicy;
  readonly callback?: CallbackTarget;
}

/** What a run cost, as far as the agent told. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly iterations?: number;
}

/** Result of the activity `runAgent`. */
export interface AgentAnswer {
  readonly output: string;
  readonly usage?: Usage;
}

/** How a run ended for its caller, whatever became of its callback. */
export type OutcomeStatus = 'completed' | 'failed' | 'timed_out' | 'canceled';

/** A failure as a caller may see it: a type from the failure table and a sentence of our own. */
export interface OutcomeError {
  readonly code: FailureType;
  readonly message: string;
}

/** What the callback tells. */
export interface RunOutcome {
  readonly status: OutcomeStatus;
  readonly output?: string;
  readonly error?: OutcomeError;
  readonly usage?: Usage;
  readonly sessionKey?: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
}

/** Proof that a receiver took the callback. */
export interface CallbackReceipt {
  readonly statusCode: number;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly deliveredAt: string;
  /** From the first lookup to the end of the answer. */
  readonly durationMs?: number;
  /** The IP address that was dialled. For operators: never shown to a caller. */
  readonly address?: string;
}

/** Why a try to deliver failed, in one word. */
export type DeliveryErrorClass = 'dns' | 'refused_by_policy' | 'connect' | 'tls' | 'timeout' | 'protocol' | 'status';

/** One failed try to deliver, as the details of its failure hold it. */
export interface DeliveryAttempt {
  readonly errorClass: DeliveryErrorClass;
  /** ISO 8601, UTC: when the try ended. */
  readonly at: string;
  readonly durationMs: number;
  readonly statusCode?: number;
  /** The IP address that was dialled. For operators: never shown to a caller. */
  readonly address?: string;
  /** Which try it was, where Temporal's count of attempts holds some that only waited for their turn. */
  readonly tries?: number;
}

/** Result of the workflow `agentRun` when the agent answered and nothing is left to deliver. */
export interface AgentRunResult {
  readonly output: string;
  readonly usage?: Usage;
  readonly callback?: CallbackReceipt;
}

/** What the ingress writes beside a run, so that a duplicate or a poll can be judged without reading its input. */
export interface RunMemo extends Record<string, unknown> {
  readonly client: string;
  readonly source: string;
  readonly agent: string;
  /**
   * SHA-256, hex, of the raw request body, or of what in it stays the same when a source tries again. Tells a repeat from
   * another body under the same key.
   */
  readonly bodySha256: string;
  readonly callbackUrl?: string;
  readonly sessionKey?: string;
  readonly userId?: string;
}
