import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import { judgeAnswer } from '../contract/judge-answer.ts';
import type { PolicyChanges } from '../contract/agent-policy.ts';
import type { AgentAnswer, Task } from '../contract/run.ts';
import { taskSummary } from '../contract/summary.ts';
import { toAnswer } from '../contract/to-answer.ts';
import { agentOptions } from './activity-options.ts';
import { checkTaskFields } from './check-task-fields.ts';
import { runOfTeam } from './own/run-of-team.ts';
import { addSpent } from './spent.ts';
import { takeRoom } from './session/take-room.ts';
import { toFailure } from './workflow-failure.ts';

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
  /** What differs from the agent's own policy, which its worker knows. */
  readonly policy?: PolicyChanges;
}

export interface RunAgentOptions extends AgentStepOptions {
  /** Name of an agent of the worker. */
  readonly agent: string;
  /** ID of the client, which separates the conversations of clients. Default: that of the run, else `default`. */
  readonly client?: string;
}

/**
 * Options for the activity `runAgent`: heartbeats, a total timeout, cancellation that waits for the agent to stop, and no limit
 * of attempts, because the activity counts only the calls that may have cost money. Use them with `proxyActivities` where
 * `runAgent` of this module is not enough. A `startToCloseTimeout` of yours bounds each call beside the policy.
 *
 * @param text the task: its first line is the summary
 * @example
 * const { runAgent } = proxyActivities<Activities>(agentActivityOptions('Summarise the incident', { id: 'summary' }));
 */
export function agentActivityOptions(text: string, options: AgentStepOptions = {}): ActivityOptions {
  const { activityId: _, ...ours } = agentOptions(options.policy, text);
  // The timeline of the Temporal UI shows the summary alone.
  const summary = options.id === undefined ? text : `${options.id}: ${taskSummary(text)}`;
  return { ...ours, ...toActivityOptions({ summary, ...options }) };
}

/**
 * Calls an agent, with the same retries, timeouts, heartbeats and journal as a webhook's task. Deterministic: for use in
 * workflow code.
 *
 * Each task is a conversation of its own; those with the same `sessionKey` share one, for all runs of the client.
 *
 * @param task the text of the task, or a whole task with session, user and metadata
 * @returns the agent's answer
 * @throws ActivityFailure whose cause is an ApplicationFailure with a type of `FAILURES`; a cancellation waits for the agent
 * to stop. ApplicationFailure `StepTooLarge` when the task exceeds what Temporal stores, `InvalidInput` for an unknown field
 * @example
 * const { output } = await runAgent('Summarise why deployment 4312 failed', { agent: 'writer' });
 */
export async function runAgent(
  task: string | Task,
  { agent, client = runOfTeam()?.client ?? 'default', ...options }: RunAgentOptions,
): Promise<AgentAnswer> {
  const given = typeof task === 'string' ? { text: task } : task;
  const input = { agent, client, task: given, ...(options.policy && { policy: options.policy }) };
  checkTaskFields(given);
  // Nothing to await usually: what a workflow schedules keeps its order.
  const room = takeRoom(options.id ?? agent, input);
  if (room !== undefined) await room;
  const activities = proxyActivities<Pick<Activities, 'runAgent'>>(agentActivityOptions(given.text, options));
  const judged = judgeAnswer(await activities.runAgent(input));
  if (judged.status !== 'completed') throw toFailure(judged.error.code, judged.error.message);
  addSpent(judged.usage);
  return toAnswer(judged);
}

/** The options of a step, as the SDK names them. */
export function toActivityOptions({ id, summary, taskQueue }: StepOptions): ActivityOptions {
  return {
    ...(id !== undefined && { activityId: id }),
    ...(summary !== undefined && { summary: taskSummary(summary) }),
    ...(taskQueue !== undefined && { taskQueue }),
  };
}
