import type { Info } from '@temporalio/activity';
import type { RunAgentInput } from '../../contract/activities.ts';
import { WORKFLOW } from '../../contract/names.ts';

/** How much of an execution's ID tells it from others of the same workflow ID. */
const EXECUTION_CHARACTERS = 8;

/**
 * The conversation of a task. Without a key of its own it is the task's alone, and the same over retries: a run asks one agent,
 * so its ID is enough; a step of another workflow has `<workflow id>/<activity id>/<start of the execution's id>`.
 *
 * The execution counts because a workflow that continues as new numbers its activities anew, and a reset repeats them: neither may
 * read what the same step was told before.
 */
export function sessionKeyOf(
  { client, task }: Pick<RunAgentInput, 'client' | 'task'>,
  { workflowExecution, workflowType, activityId }: Pick<Info, 'workflowExecution' | 'workflowType' | 'activityId'>,
): string {
  if (task.sessionKey !== undefined) return `${client}:${task.sessionKey}`;
  if (workflowExecution === undefined) return activityId;
  const { workflowId, runId } = workflowExecution;
  if (workflowType === WORKFLOW.agentRun) return workflowId;
  return `${workflowId}/${activityId}/${runId.slice(0, EXECUTION_CHARACTERS)}`;
}
