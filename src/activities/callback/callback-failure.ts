import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { FailureType } from '../../contract/failures.ts';
import type { DeliveryAttempt } from '../../contract/run.ts';
import { AT_ONCE_MS } from '../retry-plan.ts';
import type { DeliveryFault } from './judge-answer.ts';
import type { NextTry } from './plan-next-try.ts';

/**
 * The failure that Temporal keeps of a try. Its details hold one `DeliveryAttempt`, or nothing where nothing was sent.
 *
 * @param next what comes after it
 * @param at when the try ended, milliseconds since the epoch
 */
export function toCallbackFailure(fault: DeliveryFault, next: NextTry, at: number): ApplicationFailure {
  const { errorClass, durationMs, statusCode, address } = fault;
  const attempt: DeliveryAttempt | undefined = errorClass && {
    errorClass,
    at: new Date(at).toISOString(),
    durationMs,
    ...(statusCode !== undefined && { statusCode }),
    ...(address !== undefined && { address }),
  };
  const retry = !fault.final && next.follows;
  // Where the schedule is used up, Temporal itself says so: it has counted the tries too.
  const nonRetryable = fault.final || (!next.follows && next.because === 'time_up');
  return withoutStack(
    ApplicationFailure.create({
      type: fault.type,
      message: fault.message,
      nonRetryable,
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

/** Our own decision, no fault in the code: a stack would only fill the history. */
function withoutStack(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
