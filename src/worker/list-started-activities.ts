import type { Client } from '@temporalio/client';
import type { StartedActivity } from '../activities/journal/hand-back-lost.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { IS_A_REDELIVERY, IS_A_RUN } from '../runs/run-kinds.ts';

const AT_ONCE = 16;
const STARTED = 2; // PENDING_ACTIVITY_STATE_STARTED
const GRPC_NOT_FOUND = 5;

/**
 * Lists the activities that Temporal takes for running in the open runs of a task queue, and in the redeliveries of closed ones: one read for each run. Dead letters
 * are left out, which have none and may be many.
 *
 * @throws ServiceError when Temporal does not answer
 */
export async function* listStartedActivities(client: Client, taskQueue: string): AsyncGenerator<StartedActivity> {
  const callback = SEARCH_ATTRIBUTE.callback;
  const query = [
    `(${IS_A_RUN} OR ${IS_A_REDELIVERY})`,
    `TaskQueue = '${taskQueue.replaceAll("'", "''")}'`,
    "ExecutionStatus = 'Running'",
    `(${callback} IS NULL OR ${callback} != 'dead')`,
  ].join(' AND ');
  let runs: { workflowId: string; runId: string }[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 1000 })) {
    runs.push({ workflowId, runId });
    if (runs.length < AT_ONCE) continue;
    yield* await readStarted(client, runs);
    runs = [];
  }
  yield* await readStarted(client, runs);
}

async function readStarted(
  client: Client,
  runs: readonly { workflowId: string; runId: string }[],
): Promise<StartedActivity[]> {
  const { namespace } = client.options;
  const found = await Promise.all(
    runs.map(async (execution) => {
      try {
        const { pendingActivities } = await client.workflowService.describeWorkflowExecution({ namespace, execution });
        return pendingActivities
          .filter(({ state }) => Number(state) === STARTED)
          .map(({ activityId, activityType, attempt, lastWorkerIdentity, heartbeatDetails }) => ({
            ...execution,
            activityId: activityId ?? '',
            activityType: activityType?.name ?? '',
            attempt: attempt ?? 0,
            workerIdentity: lastWorkerIdentity ?? '',
            hasDetails: heartbeatDetails != null,
          }));
      } catch (error) {
        if ((error as { code?: number }).code === GRPC_NOT_FOUND) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
