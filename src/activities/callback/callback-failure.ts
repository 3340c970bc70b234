import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { FailureType } from '../../contract/failures.ts';
import type { DeliveryAttempt } from '../../contract/run.ts';
import { shortHost } from '../../egress/egress-error.ts';
import { AT_ONCE_MS } from '../retry-plan.ts';
import type { DeliveryFault } from './judge-answer.ts';
import type { NextTry } from './plan-next-try.ts';

/**
 * The failure that Temporal keeps of a try. Its details hold one `DeliveryAttempt`, or nothing where nothing was sent.
 *
 * @param next what comes after it
 * @param at when the try ended, milliseconds since the epoch
 * @param tries which one it was, where Temporal counts otherwise
 */
export function toCallbackFailure(fault: DeliveryFault, next: NextTry, at: number, tries?: number): ApplicationFailure {
  const { errorClass, durationMs, statusCode, address } = fault;
  const attempt: DeliveryAttempt | undefined = errorClass && {
    errorClass,
    at: new Date(at).toISOString(),
    durationMs,
    ...(statusCode !== undefined && { statusCode }),
    ...(address !== undefined && { address }),
    ...(tries !== undefined && { tries }),
  };
  const retry = !fault.final && next.follows;
  return withoutStack(
    ApplicationFailure.create({
      type: fault.type,
      message: fault.message,
      nonRetryable: !retry,
      ...(attempt && { details: [attempt] }),
      // Benign: expected, so that the SDK neither warns nor counts it as a failure of the worker.
      ...(retry && { nextRetryDelay: next.delayMs, category: ApplicationFailureCategory.BENIGN }),
    }),
  );
}

/** The failure of a try that its worker cut short when it stopped: for the next worker, at once. */
export function toStoppedFailure(): ApplicationFailure {
  return withoutStack(
    ApplicationFailure.create({
      type: 'WorkerStopped' satisfies FailureType,
      message: 'The try was interrupted, as its worker stops: the next worker goes on.',
      nextRetryDelay: AT_ONCE_MS,
      category: ApplicationFailureCategory.BENIGN,
    }),
  );
}

/** The failure of an attempt that found no place at its host: Temporal calls again when its turn has come. */
export function toParkedFailure(host: string, waitMs: number): ApplicationFailure {
  return withoutStack(
    ApplicationFailure.create({
      type: 'CallbackParked' satisfies FailureType,
      message: `${shortHost(host)} is slow: this callback waits for its turn there.`,
      nextRetryDelay: waitMs,
      category: ApplicationFailureCategory.BENIGN,
    }),
  );
}

/** Our own decision, no fault in the code: a stack would only fill the history. */
function withoutStack(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
