import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import type { AgentAnswer, AgentPolicy, Task } from '../contract/run.ts';
import { taskSummary } from '../contract/summary.ts';
import { agentOptions } from './activity-options.ts';

/**
 * How long and how often an agent is called if a workflow says nothing else: the defaults of the settings.
 *
 * @example
 * await runAgent(text, { agent: 'writer', policy: { maxAttempts: DEFAULT_AGENT_POLICY.maxAttempts + 2 } });
 */
export const DEFAULT_AGENT_POLICY: AgentPolicy = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 1_048_576,
};

/** How an activity of this package is scheduled. */
export interface StepOptions {
  /** ID of the activity, as the Temporal UI shows it. Default for an agent: a number. Unique among the running ones. */
  readonly id?: string;
  /** One line for the timeline of the Temporal UI. Default: what is asked, or where the callback goes. */
  readonly summary?: string;
  /** Queue of the workers that serve the activity. Default: the workflow's own. */
  readonly taskQueue?: string;
}

export interface AgentStepOptions extends StepOptions {
  /** Overrides of `DEFAULT_AGENT_POLICY`. */
  readonly policy?: Partial<AgentPolicy>;
}

export interface RunAgentOptions extends AgentStepOptions {
  /** Name of an agent of the worker. */
  readonly agent: string;
  /** On whose behalf, which separates the conversations of clients. Default: `default`. */
  readonly client?: string;
}

/**
 * Options for the activity `runAgent`: heartbeats, total time, cancellation that waits for the agent to stop, and no limit
 * of attempts, because the activity counts only the calls that may have cost money. For use with `proxyActivities` where
 * `runAgent` of this module is not enough.
 *
 * @param text what the agent is asked: its first line is the summary
 * @example
 * const { runAgent } = proxyActivities<Activities>(agentActivityOptions('Summarise the incident', { id: 'summary' }));
 */
export function agentActivityOptions(text: string, options: AgentStepOptions = {}): ActivityOptions {
  const { activityId: _, ...ours } = agentOptions({ ...DEFAULT_AGENT_POLICY, ...options.policy }, text);
  return { ...ours, ...toActivityOptions(options) };
}

/**
 * Asks an agent, with the retries, timeouts, heartbeats and journal that a webhook's task gets. Deterministic: for use in
 * workflow code.
 *
 * Tasks of one workflow share a conversation unless their `sessionKey` says otherwise.
 *
 * @param task what the agent is asked, or a whole task with session, user and metadata
 * @returns what the agent answered
 * @throws ActivityFailure whose cause is an ApplicationFailure with a type of `FAILURES`; a cancellation waits for the agent
 * to stop
 * @example
 * const { output } = await runAgent('Summarise why deployment 4312 failed', { agent: 'writer' });
 */
export function runAgent(
  task: string | Task,
  { agent, client = 'default', ...options }: RunAgentOptions,
): Promise<AgentAnswer> {
  const asked = typeof task === 'string' ? { text: task } : task;
  const activities = proxyActivities<Pick<Activities, 'runAgent'>>(agentActivityOptions(asked.text, options));
  const policy = { ...DEFAULT_AGENT_POLICY, ...options.policy };
  return activities.runAgent({ agent, client, task: asked, policy });
}

/** The options that a workflow may choose for itself, as the SDK names them. */
export function toActivityOptions({ id, summary, taskQueue }: StepOptions): ActivityOptions {
  return {
    ...(id !== undefined && { activityId: id }),
    ...(summary !== undefined && { summary: taskSummary(summary) }),
    ...(taskQueue !== undefined && { taskQueue }),
  };
}
