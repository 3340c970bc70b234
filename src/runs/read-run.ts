import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { RunMemo } from '../contract/run.ts';
import { createDecoder, type Decoder, readHistory, toIso } from './read-history.ts';
import type { PendingActivity, RunFacts, WorkflowState } from './run-facts.ts';
import { isRunType, RUN_KINDS } from './run-kinds.ts';

const WORKFLOW_STATE: Readonly<Record<string, WorkflowState>> = {
  RUNNING: 'open',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};
/** STARTED, CANCEL_REQUESTED and PAUSE_REQUESTED of temporal.api.enums.v1.PendingActivityState: a worker has it. */
const WITH_A_WORKER: readonly number[] = [2, 3, 5];

/**
 * Reads a run from Temporal alone, with no worker: `describe`, and the history where the run's kind needs it.
 *
 * A run of another client costs one `describe` and no more, exactly as an unknown run does: the time of the answer must not
 * tell them apart.
 *
 * @param owner the client whose run it must be; undefined: whosever it is
 * @returns undefined for a run of another client, and for a workflow that is none of ours
 * @throws WorkflowNotFoundError of the SDK
 */
export async function readRun(client: Client, runId: string, owner?: string): Promise<RunFacts | undefined> {
  const description = await client.workflow.getHandle(runId).describe();
  const info = readInfo(description);
  if (info === undefined || (owner !== undefined && info.memo.client !== owner)) return undefined;
  const decoder = createDecoder(client.options.loadedDataConverter, {
    namespace: client.options.namespace,
    workflowId: runId,
  });
  const activities = info.workflow === 'open' ? (description.raw.pendingActivities ?? []) : [];
  const pending = await Promise.all(activities.map((activity) => readPending(activity, decoder)));
  const facts = { ...info, pending };
  if (!RUN_KINDS[facts.type].needsHistory(facts, description.historyLength)) return facts;
  const execution = { workflowId: runId, runId: description.runId };
  return { ...facts, history: await readHistory(client, execution, decoder) };
}

/** What both `describe` and the list tell of a run; undefined for a workflow that is none of ours. */
export function readInfo(info: Omit<WorkflowExecutionInfo, 'raw'>): RunFacts | undefined {
  const { type, memo } = info;
  if (!isRunType(type) || !isRunMemo(memo)) return undefined;
  return {
    runId: info.workflowId,
    type,
    memo,
    attributes: info.searchAttributes,
    taskQueue: info.taskQueue,
    workflow: WORKFLOW_STATE[info.status.name] ?? 'open',
    createdAt: info.startTime.toISOString(),
    ...(info.closeTime && { closedAt: info.closeTime.toISOString() }),
    pending: [],
  };
}

async function readPending(
  pending: temporal.api.workflow.v1.IPendingActivityInfo,
  decoder: Decoder,
): Promise<PendingActivity> {
  const running = WITH_A_WORKER.includes(pending.state ?? 0);
  const activityId = pending.activityId ?? '';
  const lastFailure = await decoder.failure(pending.lastFailure, activityId);
  const lastStartedAt = toIso(pending.lastStartedTime);
  const nextAttemptAt = running ? undefined : toIso(pending.nextAttemptScheduleTime);
  const heartbeat = await decoder.first(pending.heartbeatDetails, activityId);
  return {
    activityId,
    running,
    paused: pending.paused ?? false,
    attempt: pending.attempt || 1,
    ...(lastFailure && { lastFailure }),
    ...(lastStartedAt !== undefined && { lastStartedAt }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
    ...(heartbeat !== undefined && { heartbeat }),
  };
}

/** Whether a memo is one that the ingress writes. */
function isRunMemo(memo: Record<string, unknown> | undefined): memo is RunMemo {
  return (
    typeof memo?.['client'] === 'string' && typeof memo['agent'] === 'string' && typeof memo['source'] === 'string'
  );
}
