import { type ActivityOptions, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import { judgeAnswer } from '../contract/judge-answer.ts';
import type { AgentAnswer, AgentPolicy, Task } from '../contract/run.ts';
import { taskSummary } from '../contract/summary.ts';
import { agentOptions } from './activity-options.ts';

/**
 * The default limits of an agent's calls, the same as in the settings.
 *
 * @example
 * await runAgent(text, { agent: 'writer', policy: { maxAttempts: DEFAULT_AGENT_POLICY.maxAttempts + 2 } });
 */
export const DEFAULT_AGENT_POLICY: AgentPolicy = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  queueTimeoutMs: 1_800_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 1_048_576,
};

/** How an activity of this package is scheduled. */
export interface StepOptions {
  /** ID of the activity in the Temporal UI. Must be unique among the running ones. Default for an agent: a number. */
  readonly id?: string;
  /** One line for the timeline of the Temporal UI. Default: the task, or the address of the callback. */
  readonly summary?: string;
  /** Task queue of the activity. Default: that of the workflow. */
  readonly taskQueue?: string;
}

export interface AgentStepOptions extends StepOptions {
  /** Overrides of `DEFAULT_AGENT_POLICY`. */
  readonly policy?: Partial<AgentPolicy>;
}

export interface RunAgentOptions extends AgentStepOptions {
  /** Name of an agent of the worker. */
  readonly agent: string;
  /** ID of the client, which separates the conversations of clients. Default: `default`. */
  readonly client?: string;
}

/**
 * Options for the activity `runAgent`: heartbeats, a total timeout, cancellation that waits for the agent to stop, and no limit
 * of attempts, because the activity counts only the calls that may have cost money. Use them with `proxyActivities` where
 * `runAgent` of this module is not enough.
 *
 * @param text the task: its first line is the summary
 * @example
 * const { runAgent } = proxyActivities<Activities>(agentActivityOptions('Summarise the incident', { id: 'summary' }));
 */
export function agentActivityOptions(text: string, options: AgentStepOptions = {}): ActivityOptions {
  const { activityId: _, ...ours } = agentOptions({ ...DEFAULT_AGENT_POLICY, ...options.policy }, text);
  return { ...ours, ...toActivityOptions(options) };
}

/**
 * Calls an agent, with the same retries, timeouts, heartbeats and journal as a webhook's task. Deterministic: for use in
 * workflow code.
 *
 * Tasks of one workflow share a conversation unless they set a `sessionKey`.
 *
 * @param task the text of the task, or a whole task with session, user and metadata
 * @returns the agent's answer
 * @throws ActivityFailure whose cause is an ApplicationFailure with a type of `FAILURES`; a cancellation waits for the agent
 * to stop
 * @example
 * const { output } = await runAgent('Summarise why deployment 4312 failed', { agent: 'writer' });
 */
export async function runAgent(
  task: string | Task,
  { agent, client = 'default', ...options }: RunAgentOptions,
): Promise<AgentAnswer> {
  const given = typeof task === 'string' ? { text: task } : task;
  const activities = proxyActivities<Pick<Activities, 'runAgent'>>(agentActivityOptions(given.text, options));
  const policy = { ...DEFAULT_AGENT_POLICY, ...options.policy };
  const judged = judgeAnswer(await activities.runAgent({ agent, client, task: given, policy }));
  if (judged.status !== 'completed') throw ApplicationFailure.nonRetryable(judged.error.message, judged.error.code);
  const { output, usage } = judged;
  return { output, ...(usage && { usage }) };
}

/** The options of a step, as the SDK names them. */
export function toActivityOptions({ id, summary, taskQueue }: StepOptions): ActivityOptions {
  return {
    ...(id !== undefined && { activityId: id }),
    ...(summary !== undefined && { summary: taskSummary(summary) }),
    ...(taskQueue !== undefined && { taskQueue }),
  };
}
