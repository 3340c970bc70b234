import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, DeliverCallbackInput } from '../../contract/activities.ts';
import type { FailedTry, FirstTry } from '../../contract/first-try.ts';
import { type RedeliverRequest, SIGNAL } from '../../contract/names.ts';
import { type CallbackReceipt, type CallbackTarget, MAX_REDELIVERIES, type RunOutcome } from '../../contract/run.ts';
import { type CallbackMark, SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { callbackOptions } from '../activity-options.ts';
import { PATCH } from '../patches.ts';
import { reportDeadLetter } from './report-dead-letter.ts';
import { STAGE } from '../stage-details.ts';
import { triesAtOnce, tryCallback } from './try-callback.ts';

const callbackRetrying = defineSignal(SIGNAL.callbackRetrying);
const redeliver = defineSignal<[RedeliverRequest?]>(SIGNAL.redeliver);
const CALLBACK_ATTRIBUTE = defineSearchAttributeKey(SEARCH_ATTRIBUTE.callback, 'KEYWORD');

interface Delivery {
  readonly client: string;
  readonly runId: string;
  readonly target: CallbackTarget;
  readonly outcome: RunOutcome;
  /** What `GarudustCallback` was started with. Default: nothing. */
  readonly mark?: CallbackMark;
}

/**
 * Delivers the outcome on the callback's schedule; when that is exhausted, keeps it as a dead letter until a redelivery
 * succeeds, unless `deadLetterMs` of the target is 0.
 *
 * The signal `redeliver` restarts the schedule at once, at the same or at another address, in any state. The agent is not called
 * again, and the receiver sees the same `webhook-id`.
 *
 * A delivery begins whether or not its scope is canceled, because its outcome must be told. A cancel that comes later ends it, but
 * not before its first attempt has ended: a caller that cancels just as the agent answers still gets the answer.
 *
 * @returns the receipt, or `expired` when the dead letter expires
 * @throws CancelledFailure or ActivityFailure when a cancel ends the delivery
 */
export function deliverOutcome(delivery: Delivery): Promise<CallbackReceipt | 'expired'> {
  const around = CancellationScope.current();
  const cancel = around.consideredCancelled ? undefined : around.cancelRequested;
  return CancellationScope.nonCancellable(() => deliverUntilTaken(delivery, cancel));
}

async function deliverUntilTaken(
  delivery: Delivery,
  cancel: Promise<never> | undefined,
): Promise<CallbackReceipt | 'expired'> {
  const { target } = delivery;
  let { mark } = delivery;
  let requested: string | undefined;
  let canceled = false;
  let failedOnce = false;
  let url = target.url;
  let current: CancellationScope | undefined;
  let diedBefore = false;
  let deliveries = 0;
  let toldAt: number | undefined;
  let { finishedAt } = delivery.outcome;

  setCurrentDetails(STAGE.delivering(delivery));
  const setMark = (next: CallbackMark): void => {
    if (mark === next) return;
    mark = next;
    upsertSearchAttributes([{ key: CALLBACK_ATTRIBUTE, value: next }]);
  };
  setHandler(
    callbackRetrying,
    () => {
      setCurrentDetails(STAGE.retrying(delivery, new Date()));
      failedOnce = true;
      setMark('retrying');
      if (canceled) current?.cancel();
    },
    { description: 'Sent by the worker after the first failed attempt.' },
  );
  setHandler(
    redeliver,
    (request) => {
      const wanted = request?.url ?? url;
      if (typeof wanted !== 'string' || wanted === '' || deliveries > MAX_REDELIVERIES) return;
      requested = wanted;
      current?.cancel();
    },
    { description: 'Sends the callback again at once. Optional: {"url": "https://another.permitted/address"}.' },
  );
  cancel?.catch(() => {
    canceled = true;
    if (failedOnce || !patched(PATCH.finishFirstAttempt)) current?.cancel();
  });

  for (;;) {
    url = requested ?? url;
    requested = undefined;
    current = new CancellationScope();
    let failure: ActivityFailure | undefined;
    try {
      deliveries += 1;
      const first = deliveries === 1 && mark === undefined && triesAtOnce() ? await tryFirst(delivery, url) : undefined;
      // The history holds the answer once: a redelivery reads it from the first delivery. One that is canceled in the task that
      // schedules it is not in the history.
      const { historyLength } = workflowInfo();
      const isTold = toldAt !== undefined && toldAt < historyLength;
      if (first?.is !== 'delivered' && !isTold) toldAt = historyLength;
      finishedAt = readFinishedAt(first) ?? finishedAt;
      const outcome = isTold ? undefined : { ...delivery.outcome, finishedAt };
      const receipt =
        first?.is === 'delivered'
          ? first.receipt
          : await current.run(() =>
              deliverOnSchedule(delivery, {
                url,
                outcome,
                diedBefore,
                ...(first?.is === 'failed' && { tried: first.tried }),
              }),
            );
      // The first address may take the callback although another one is wanted by now.
      if (canceled || requested === undefined || requested === url) {
        if (mark !== undefined) setMark('delivered');
        setCurrentDetails(STAGE.delivered(delivery, receipt));
        return receipt;
      }
    } catch (error) {
      // A redelivery cancels the previous schedule; any other cancel is for the run.
      const restarts = requested !== undefined && !canceled;
      if (isCancellation(error) ? !restarts : !(error instanceof ActivityFailure)) throw error;
      if (error instanceof ActivityFailure) failure = error;
    }
    current = undefined;
    if (requested === undefined || canceled) {
      failedOnce = true;
      setMark('dead');
      if (canceled) throw new CancelledFailure('The delivery was canceled.');
      if (!diedBefore) reportDeadLetter({ ...delivery, url, failure });
      diedBefore = true;
      const until = target.deadLetterMs === 0 ? undefined : new Date(Date.now() + target.deadLetterMs);
      setCurrentDetails(STAGE.dead(delivery, failure?.cause, until));
      if (until === undefined) return 'expired';
      const kept = { summary: 'dead letter, kept for a redelivery' };
      if (!(await condition(() => requested !== undefined || canceled, target.deadLetterMs, kept))) return 'expired';
      if (canceled) throw new CancelledFailure('The delivery was canceled.');
    }
    setCurrentDetails(STAGE.sentAgain(delivery, new Date()));
    setMark('retrying');
  }
}

interface Sending {
  readonly url: string;
  readonly outcome?: RunOutcome | undefined;
  readonly diedBefore?: boolean;
  readonly tried?: FailedTry;
}

/** The time in the body that a first try sent, maybe in a workflow task that was lost. */
function readFinishedAt(first: FirstTry | undefined): string | undefined {
  return first?.is === 'delivered' ? first.delivery.outcome.finishedAt : first?.finishedAt;
}

/** Within this workflow task. */
function tryFirst(delivery: Delivery, url: string) {
  return tryCallback(toInput(delivery, { url, outcome: delivery.outcome }));
}

function deliverOnSchedule(delivery: Delivery, sending: Sending): Promise<CallbackReceipt> {
  const { deliverCallback } = proxyActivities<Pick<Activities, 'deliverCallback'>>(
    callbackOptions(delivery.target, sending.url),
  );
  return deliverCallback(toInput(delivery, sending));
}

function toInput(
  { client, runId, target }: Delivery,
  { url, outcome, diedBefore, tried }: Sending,
): DeliverCallbackInput {
  const { retryDelaysMs, attemptTimeoutMs } = target;
  return {
    client,
    runId,
    url,
    deliveryId: runId,
    ...(outcome && { outcome }),
    retryDelaysMs,
    attemptTimeoutMs,
    ...(diedBefore && { diedBefore }),
    ...(tried && { tried }),
  };
}
