import type { AgentAnswer, AgentPolicy, CallbackReceipt, DeliveryAttempt, RunOutcome, Task } from './run.ts';

/** Input of `runAgent`. */
export interface RunAgentInput {
  readonly agent: string;
  readonly client: string;
  readonly task: Task;
  readonly policy: AgentPolicy;
}

/** Input of `deliverCallback`. One attempt of the activity is one HTTP request. */
export interface DeliverCallbackInput {
  readonly client: string;
  readonly runId: string;
  readonly url: string;
  /** The `webhook-id`: the same on every try and on every redelivery. */
  readonly deliveryId: string;
  readonly outcome: RunOutcome;
  readonly retryDelaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  /** The run was a dead letter before: the operator has been told of it. */
  readonly diedBefore?: boolean;
}

/** Input of `reportDeadLetter`. */
export interface ReportDeadLetterInput {
  readonly client: string;
  readonly runId: string;
  readonly url: string;
  /** The last try that is known to have failed; absent where there was none. */
  readonly lastTry?: DeliveryAttempt;
}

/** All that a workflow may call. The worker supplies it, `proxyActivities<Activities>` uses it. */
export interface Activities {
  /** Calls the agent once. Fails with a type of `failures.ts`. */
  runAgent(input: RunAgentInput): Promise<AgentAnswer>;
  /** Posts the outcome to the callback URL once. Fails with a type of `failures.ts`. */
  deliverCallback(input: DeliverCallbackInput): Promise<CallbackReceipt>;
  /** Tells the operator of a dead letter where `deliverCallback` could not, because Temporal ended it. */
  reportDeadLetter(input: ReportDeadLetterInput): Promise<void>;
}

/**
 * Activity ids, as the Temporal UI and every status reader find them.
 *
 * @example
 * const { pendingActivities } = (await client.workflow.getHandle(id).describe()).raw;
 * const agent = pendingActivities?.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
 */
export const ACTIVITY_ID = { agent: 'agent', callback: 'callback', deadLetter: 'dead-letter' } as const;

/** What `deliverCallback` heartbeats, for the attempts that follow. */
export interface CallbackProgress {
  /** The workflow knows that a try has failed. */
  readonly announced?: boolean;
  /** Attempts that only waited for their turn: they are no tries. */
  readonly parked?: number;
}

/**
 * What `runAgent` heartbeats. It outlives the attempt, which is how a later attempt knows what earlier ones cost.
 */
export interface AgentProgress {
  /** Calls that may have cost money, this one included. */
  readonly paidAttempts: number;
  readonly maxAttempts: number;
  /** Faults of the agent itself, which cost nothing. */
  readonly agentFaults: number;
  /** What the agent is doing, in a few words. */
  readonly progress?: string;
}
