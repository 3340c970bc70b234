import { defaultPayloadConverter, RetryState } from '@temporalio/common';
import { type ActivityFailure, ApplicationFailure, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../contract/activities.ts';
import type { FailureType } from '../../contract/failures.ts';
import type { DeliveryAttempt } from '../../contract/run.ts';
import { reportOptions } from '../activity-options.ts';
import { PATCH } from '../patches.ts';
import { isRecord } from '../../values/is-record.ts';

/** Failures of a delivery that has notified the operator itself. */
const NOTIFIED: readonly string[] = ['CallbackFailed', 'CallbackRefused', 'CallbackStopped'] satisfies FailureType[];

export interface DeadLetter {
  readonly client: string;
  readonly runId: string;
  readonly url: string;
  /** What ended the delivery. */
  readonly failure: ActivityFailure | undefined;
}

/**
 * Notifies the operator of a dead letter when the delivery did not: Temporal ended it because no worker was available for too
 * long, or its input was invalid. A usual dead letter costs no extra event.
 *
 * Nothing awaits it: a redelivery must not wait, and the run closes without it. Never throws.
 */
export function reportDeadLetter({ client, runId, url, failure }: DeadLetter): void {
  if (hasNotified(failure) || !patched(PATCH.reportDeadLetter)) return;
  const activities = proxyActivities<Pick<Activities, 'reportDeadLetter'>>(reportOptions());
  const lastTry = findLastTry(failure);
  // Temporal shows its failure anyway, and a cancel is for the run.
  activities.reportDeadLetter({ client, runId, url, ...(lastTry && { lastTry }) }).catch(() => undefined);
}

function hasNotified(failure: ActivityFailure | undefined): boolean {
  const cause = failure?.cause;
  return (
    failure?.retryState === RetryState.NON_RETRYABLE_FAILURE &&
    cause instanceof ApplicationFailure &&
    NOTIFIED.includes(cause.type ?? '')
  );
}

/**
 * Temporal stores the failure of the last attempt as the cause of the timeout, unless the activity was waiting for a worker. This
 * reads the stored failure, because the SDK drops the cause when it converts a timeout to an error.
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
