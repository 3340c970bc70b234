import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { REDELIVERY_WORKFLOW } from '../contract/names.ts';
import type { RedeliveryMemo } from '../contract/run.ts';
import { redeliveryIdOf } from '../contract/run-id-form.ts';
import { createDecoder, type Decoder, readHistory, toIso } from './read-history.ts';
import { readLatest } from './read-latest.ts';
import type { PendingActivity, RedeliveryFacts, RunFacts, WorkflowState } from './run-facts.ts';
import { isRunMemo, kindOf } from './run-kinds.ts';

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
 * Reads a run from Temporal alone, with no worker: `describe`, and the history where the run's kind needs it. A closed run with a
 * callback costs another `describe`, at the same time, which tells of a redelivery.
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
  const decoder = decoderOf(client, runId);
  const facts = { ...info, pending: await readAllPending(description, decoder) };
  const kind = kindOf(facts);
  if (!kind.needsHistory(facts, description.historyLength)) return facts;
  const execution = { workflowId: runId, runId: description.runId };
  const isRedeliverable = facts.workflow !== 'open' && facts.memo.callbackUrl !== undefined;
  const [history, redelivery] = await Promise.all([
    kind.readsLatest ? readLatest(client, execution, decoder) : readHistory(client, execution, decoder),
    isRedeliverable ? readRedelivery(client, runId) : undefined,
  ]);
  return { ...facts, history, ...(redelivery && { redelivery }) };
}

async function readRedelivery(client: Client, runId: string): Promise<RedeliveryFacts | undefined> {
  const workflowId = redeliveryIdOf(runId);
  let description: WorkflowExecutionDescription;
  try {
    description = await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
  const { type, memo, status, taskQueue, runId: execution } = description;
  if (type !== REDELIVERY_WORKFLOW) return undefined;
  const decoder = decoderOf(client, workflowId);
  const { number } = (memo ?? {}) as Partial<RedeliveryMemo>;
  return {
    workflow: WORKFLOW_STATE[status.name] ?? 'open',
    taskQueue,
    number: typeof number === 'number' ? number : 1,
    pending: await readAllPending(description, decoder),
    history: await readHistory(client, { workflowId, runId: execution }, decoder),
  };
}

function decoderOf({ options }: Client, workflowId: string): Decoder {
  return createDecoder(options.loadedDataConverter, { namespace: options.namespace, workflowId });
}

/**
 * The open activities of any workflow, also of one that is no run.
 *
 * @throws WorkflowNotFoundError
 */
export async function readPendingActivities(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<PendingActivity[]> {
  const description = await client.workflow.getHandle(workflowId, runId).describe();
  return readAllPending(description, decoderOf(client, workflowId));
}

async function readAllPending(
  { raw, status }: WorkflowExecutionDescription,
  decoder: Decoder,
): Promise<PendingActivity[]> {
  const activities = status.name === 'RUNNING' ? (raw.pendingActivities ?? []) : [];
  return Promise.all(activities.map((activity) => readPending(activity, decoder)));
}

/** What both `describe` and the list tell of a run; undefined for a workflow that is none of ours. */
export function readInfo(info: Omit<WorkflowExecutionInfo, 'raw'>): RunFacts | undefined {
  const { type, memo } = info;
  if (!isRunMemo(memo, type)) return undefined;
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
