import { ACTIVITY_ID, DELIVER_CALLBACK_INPUT } from '../../contract/activities.ts';
import { escapeSummary, runAttributes, WORKFLOW_TASK_TIMEOUT_MS } from '../../contract/describe-run.ts';
import { type RedeliverRequest, SIGNAL } from '../../contract/names.ts';
import type { CallbackRedeliveryInput, RedeliveryMemo } from '../../contract/run.ts';
import { redeliveryIdOf } from '../../contract/run-id-form.ts';
import { readStored } from '../../contract/stored.ts';
import { callbackSummary } from '../../contract/summary.ts';
import { fairPriority } from '../../contract/fairness.ts';
import type { RunFacts } from '../run-facts.ts';
import type { RedeliveryOptions } from '../run-kind.ts';

/**
 * How the callback of a closed run is sent again: a workflow `callbackRedelivery` is started, or signaled while the last one is under
 * way. All redeliveries of a run have one workflow ID, so that a poll finds the latest by one `describe`.
 *
 * @param facts read with its history
 * @param request another address, if wanted; default: that of the last delivery
 * @returns undefined for a run whose callback was never begun, so that there is nothing to send again
 */
export function redeliveryOptions(
  { runId, memo, history, redelivery }: RunFacts,
  taskQueue: string,
  request: RedeliverRequest,
): RedeliveryOptions | undefined {
  const told = [history, redelivery?.history].flatMap((read) =>
    (read?.activities ?? []).flatMap(({ activityId, input }) => {
      const delivery = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', input);
      return activityId === ACTIVITY_ID.callback && delivery.ok ? [delivery.input] : [];
    }),
  );
  const outcome = told.find((delivery) => delivery.outcome !== undefined)?.outcome;
  const last = told.at(-1);
  if (outcome === undefined || last === undefined) return undefined;
  const { client, retryDelaysMs, attemptTimeoutMs } = last;
  const url = request.url ?? last.url;
  const input: CallbackRedeliveryInput = { runId, client, url, retryDelaysMs, attemptTimeoutMs, outcome };
  const number = (redelivery?.number ?? 0) + 1;
  return {
    workflowId: redeliveryIdOf(runId),
    taskQueue,
    args: [input],
    memo: { client, runId, number } satisfies RedeliveryMemo,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    signal: SIGNAL.redeliver,
    signalArgs: [request],
    staticSummary: escapeSummary(`Redelivery ${number}: ${callbackSummary(url)}`),
    staticDetails: `Sends the callback of the closed run \`${runId}\` again. The agent is not asked.`,
    ...fairPriority(client),
    typedSearchAttributes: runAttributes({ ...memo, task: memo }, 'retrying'),
  };
}
