import { TimeoutFailure } from '@temporalio/client';
import { ACTIVITY_ID, type CallbackProgress } from '../../contract/activities.ts';
import { hideQuery } from '../../contract/summary.ts';
import type { FailureType } from '../../contract/failures.ts';
import type { CallbackReceipt, DeliveryAttempt } from '../../contract/run.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { ActivityRecord, RunFacts, RunHistory } from '../run-facts.ts';

type CallbackState = RunResource['callback'];

/**
 * Where the callback of a run stands.
 *
 * @param ended whether the run is terminal
 */
export function toCallbackState(
  { memo, history, redelivery, ...run }: Pick<RunFacts, 'memo' | 'history' | 'pending' | 'workflow' | 'redelivery'>,
  ended: boolean,
): CallbackState {
  const { pending, workflow } = redelivery ?? run;
  const again = deliveriesOf(redelivery?.history);
  const records = [...deliveriesOf(history), ...again];
  // A redelivery that has just been started has no delivery yet; the one before it says nothing of how it stands.
  const last = redelivery === undefined ? records.at(-1) : again.at(-1);
  const url = readUrl(records.at(-1)) ?? memo.callbackUrl;
  if (url === undefined) return { status: 'none' };
  // The history is read after what is pending, so that where it tells of an end the other is out of date.
  const isOpen = last === undefined || last.state === 'open';
  const open = isOpen ? pending.find(({ activityId }) => activityId === ACTIVITY_ID.callback) : undefined;
  const closedAttempts = records.reduce((sum, record) => sum + attemptsOf(record), 0);
  const openAttempts =
    open === undefined ? 0 : Math.max(open.attempt - readDeferred(open.heartbeat) - (open.running ? 0 : 1), 0);
  const attempts = closedAttempts + openAttempts;
  const failure = open?.lastFailure ?? records.findLast((record) => record.failure !== undefined)?.failure;
  // Runs of earlier versions have the query string in their memo, and the input of an activity always has it.
  const base = { url: hideQuery(url), ...(ended && { attempts }) };

  if (last?.state === 'completed') return { status: 'delivered', ...base, ...readReceipt(last.result) };
  if (open !== undefined) {
    const failedBefore = open.lastFailure !== undefined && !isDeferred(open.lastFailure);
    const retrying = attempts > 1 || failedBefore || records.length > 1;
    const next =
      (retrying || isDeferred(open.lastFailure)) && open.nextAttemptAt !== undefined
        ? { next_attempt_at: open.nextAttemptAt }
        : {};
    return { status: retrying ? 'retrying' : 'pending', ...base, ...readFailure(failure), ...next };
  }
  const over = last !== undefined && last.state !== 'open';
  if (!over && workflow === 'open') return { status: redelivery === undefined ? 'pending' : 'retrying', ...base };
  if (last?.state === 'canceled' || (!over && ended)) {
    return { status: 'dead', ...base, ...readFailure(failure), last_error: 'The delivery ended with its run.' };
  }
  return { status: 'dead', ...base, ...readFailure(failure) };
}

function deliveriesOf(history: RunHistory | undefined): readonly ActivityRecord[] {
  return history?.activities.filter(({ activityId }) => activityId === ACTIVITY_ID.callback) ?? [];
}

/** A schedule that was cut off while it waited leaves no count behind: at least one attempt had failed. */
function attemptsOf({ state, attempt, result, failure }: ActivityRecord): number {
  const { attempts } = (result ?? {}) as Partial<CallbackReceipt>;
  if (typeof attempts === 'number') return attempts;
  const { tries } = (findTried(failure)?.details?.[0] ?? {}) as Partial<DeliveryAttempt>;
  if (typeof tries === 'number') return tries;
  return attempt ?? (state === 'canceled' ? 1 : 0);
}

/** How many of Temporal's attempts were only deferred. */
function readDeferred(heartbeat: unknown): number {
  const { parked } = (heartbeat ?? {}) as Partial<CallbackProgress>;
  return typeof parked === 'number' && parked > 0 ? parked : 0;
}

function readUrl(record: ActivityRecord | undefined): string | undefined {
  const url = (record?.input as { url?: unknown } | undefined)?.url;
  return typeof url === 'string' ? url : undefined;
}

function readReceipt(result: unknown): Partial<CallbackState> {
  const { statusCode, deliveredAt } = (result ?? {}) as Partial<CallbackReceipt>;
  return {
    ...(typeof statusCode === 'number' && { last_status_code: statusCode }),
    ...(typeof deliveredAt === 'string' && { delivered_at: deliveredAt }),
  };
}

/** The message and the status of a failed attempt. The address that was dialled is for operators alone. */
function readFailure(failure: Error | undefined): Partial<CallbackState> {
  const tried = findTried(failure);
  if (tried === undefined) return failure === undefined ? {} : { last_error: lostWords(failure) };
  const { statusCode } = (tried.details?.[0] ?? {}) as Partial<DeliveryAttempt>;
  return { last_error: tried.message, ...(typeof statusCode === 'number' && { last_status_code: statusCode }) };
}

/** What became of an attempt that reported nothing itself. */
function lostWords(failure: Error): string {
  const late = failure instanceof TimeoutFailure && failure.timeoutType === 'SCHEDULE_TO_CLOSE';
  return late ? 'The delivery timed out while no worker was running.' : 'The attempt was lost with its worker.';
}

/** Whether an attempt was deferred because its host was at the limit. */
function isDeferred(failure: Error | undefined): boolean {
  return findTried(failure)?.type === ('CallbackParked' satisfies FailureType);
}

function findTried(
  failure: unknown,
): { message: string; type?: string | null; details?: readonly unknown[] } | undefined {
  let next = failure;
  for (let depth = 0; depth < 16 && next instanceof Error; depth += 1) {
    if (next.name === 'ApplicationFailure') return next;
    next = next.cause;
  }
  return undefined;
}
