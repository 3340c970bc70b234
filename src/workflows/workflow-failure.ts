import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../contract/failures.ts';

/**
 * The failure of a workflow or a step, not retried. Without its stack, which would fill the Temporal UI and show where we threw,
 * not what happened.
 */
export function toFailure(type: FailureType, message: string, details?: object, cause?: Error): ApplicationFailure {
  const error = ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    ...(details && { details: [details] }),
    ...(cause && { cause }),
  });
  error.stack = '';
  return error;
}
