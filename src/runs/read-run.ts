import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../contract/activities.ts';
import type { RunMemo } from '../contract/run.ts';
import { readPendingActivity } from './read-pending-activity.ts';
import { readRunEvents } from './read-run-events.ts';
import { createDecoder } from './temporal-answer.ts';
import type { RunFacts, WorkflowState } from './to-run-resource.ts';

/** Up to here a run can't have more than its start and its first workflow task. */
const EVENTS_BEFORE_THE_AGENT = 4;

const WORKFLOW_STATE: Readonly<Record<string, WorkflowState>> = {
  RUNNING: 'open',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

/** How a workflow stands, of Temporal's name for it. */
export function toWorkflowState(name: string): WorkflowState {
  return WORKFLOW_STATE[name] ?? 'open';
}

/**
 * Reads a run from Temporal alone, with no worker: `describe`, and the history where only that can tell (one page,
 * seldom more).
 *
 * @returns undefined for a workflow that is none of ours.
 * @throws WorkflowNotFoundError of the SDK
 */
export async function readRun(client: Client, runId: string): Promise<RunFacts | undefined> {
  const description = await client.workflow.getHandle(runId).describe();
  const memo = description.memo;
  if (!isRunMemo(memo)) return undefined;
  const decoder = createDecoder(client.options.loadedDataConverter);
  const raw = description.raw.pendingActivities ?? [];
  const pending = await Promise.all(raw.map((activity) => readPendingActivity(activity, decoder)));
  const workflow = toWorkflowState(description.status.name);
  const agentIsOpen = pending.some(({ activityId }) => activityId === ACTIVITY_ID.agent);
  const tooEarly = workflow === 'open' && description.historyLength <= EVENTS_BEFORE_THE_AGENT;
  const events =
    (agentIsOpen && workflow === 'open') || tooEarly
      ? undefined
      : await readRunEvents(await readHistory(client, runId, description.runId), decoder);
  return {
    runId,
    memo,
    workflow,
    pending: workflow === 'open' ? pending : [],
    createdAt: description.startTime.toISOString(),
    ...(description.closeTime && { closedAt: description.closeTime.toISOString() }),
    ...(events && { events }),
  };
}

async function readHistory(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<temporal.api.history.v1.IHistoryEvent[]> {
  const events: temporal.api.history.v1.IHistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return events;
}

/** Whether a memo is one that the ingress writes. */
export function isRunMemo(memo: Record<string, unknown> | undefined): memo is RunMemo {
  return (
    typeof memo?.['client'] === 'string' && typeof memo['agent'] === 'string' && typeof memo['source'] === 'string'
  );
}
