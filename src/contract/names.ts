import type { AgentRunInput, AgentRunResult } from './run.ts';

/** The workflows of this project by name, so that a client needs no workflow code. */
export interface Workflows {
  agentRun(input: AgentRunInput): Promise<AgentRunResult>;
}

/**
 * The names of the workflows.
 *
 * @example
 * await client.workflow.start<Workflows['agentRun']>(WORKFLOW.agentRun, { taskQueue, workflowId, args: [input] });
 */
export const WORKFLOW = { agentRun: 'agentRun' } as const satisfies { [K in keyof Workflows]: K };

/**
 * The workflow that sends the callback of a closed run again. It is no run of its own: the API shows it as the callback of its run.
 */
export const REDELIVERY_WORKFLOW = 'callbackRedelivery';

/**
 * Signals of `agentRun`, and of `callbackRedelivery`.
 *
 * @example
 * await client.workflow.getHandle(id).signal(SIGNAL.redeliver, { url: 'https://ci.example.com/done' });
 */
export const SIGNAL = {
  /** From the activity: the agent is at fault, and the next attempt is a while away. Argument: the failure type. */
  agentWaiting: 'agentWaiting',
  /** From the activity: the first attempt failed, more follow. */
  callbackRetrying: 'callbackRetrying',
  /** From the ingress, the CLI or the Temporal UI: send a dead letter again. */
  redeliver: 'redeliver',
} as const;

/**
 * The signal with which the run of a child workflow gives its parent the outcome before its callback is delivered. One name for each
 * child, so that a parent needs no list of them.
 */
export function answeredSignal(runId: string): string {
  return `answered:${runId}`;
}

/** Argument of the signal `redeliver`. */
export interface RedeliverRequest {
  /** Another address. Default: that of the run. */
  readonly url?: string;
}

/**
 * The default task queue of ingress and worker.
 *
 * @example
 * await client.workflow.start(WORKFLOW.agentRun, { taskQueue: DEFAULT_TASK_QUEUE, workflowId, args: [input] });
 */
export const DEFAULT_TASK_QUEUE = 'garudust';

/**
 * The worker deployment of a task queue, where the settings name none. Temporal takes neither dots nor colons in it.
 */
export function deploymentOf(taskQueue: string): string {
  return taskQueue.replace(/[^\w-]/g, '-').slice(0, 100);
}
