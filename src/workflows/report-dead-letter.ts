import { defaultPayloadConverter, RetryState } from '@temporalio/common';
import { type ActivityFailure, ApplicationFailure, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import type { FailureType } from '../contract/failures.ts';
import type { DeliveryAttempt } from '../contract/run.ts';
import { reportOptions } from './activity-options.ts';
import { PATCH } from './patches.ts';
import { isRecord } from '../values/is-record.ts';

/** What a delivery fails with that has told the operator by itself. */
const TOLD: readonly string[] = ['CallbackFailed', 'CallbackRefused', 'CallbackStopped'] satisfies FailureType[];

export interface DeadLetter {
  readonly client: string;
  readonly runId: string;
  readonly url: string;
  /** What ended the delivery. */
  readonly failure: ActivityFailure | undefined;
}

/**
 * Has the operator told of a dead letter where the delivery did not do so itself: Temporal ended it, because no worker was
 * there for too long, or its input was not valid. Costs a usual dead letter no event.
 *
 * Nobody waits for it: a redelivery must not, and the run closes as it would. Never throws.
 */
export function reportDeadLetter({ client, runId, url, failure }: DeadLetter): void {
  if (hasTold(failure) || !patched(PATCH.reportDeadLetter)) return;
  const activities = proxyActivities<Pick<Activities, 'reportDeadLetter'>>(reportOptions());
  const lastTry = findLastTry(failure);
  // Its failure says what Temporal shows anyway, and a cancel is for the run.
  activities.reportDeadLetter({ client, runId, url, ...(lastTry && { lastTry }) }).catch(() => undefined);
}

function hasTold(failure: ActivityFailure | undefined): boolean {
  const cause = failure?.cause;
  return (
    failure?.retryState === RetryState.NON_RETRYABLE_FAILURE &&
    cause instanceof ApplicationFailure &&
    TOLD.includes(cause.type ?? '')
  );
}

/**
 * Temporal puts the failure of the last attempt under the timeout that ended it, unless the activity waited for a worker then.
 * Read as it is stored: the SDK makes an error of a timeout that has lost its cause.
 */
function findLastTry(failure: ActivityFailure | undefined): DeliveryAttempt | undefined {
  let next = failure?.failure;
  for (let depth = 0; depth < 16 && next; depth += 1) {
    const [payload] = next.applicationFailureInfo?.details?.payloads ?? [];
    const details = payload && defaultPayloadConverter.fromPayload<unknown>(payload);
    if (isAttempt(details)) return details;
    next = next.cause ?? undefined;
  }
  return undefined;
}

function isAttempt(value: unknown): value is DeliveryAttempt {
  return isRecord(value) && typeof value['errorClass'] === 'string';
}
