import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { FAILURES, type FailureType } from '../contract/failures.ts';
import type { RetryPlan } from './retry-plan.ts';

/** What became of one attempt, for the failure that tells it. */
export interface AttemptFault {
  readonly type: FailureType;
  /** In our own words, to be read after the agent's name: `refused our key (401)`. */
  readonly what: string;
  readonly statusCode?: number | undefined;
}

/** What the run has cost so far. */
export interface PaidCalls {
  readonly paidAttempts: number;
  readonly maxAttempts: number;
}

/** What the details of every failure of `runAgent` hold, as its first item. */
export interface AgentFailureDetails extends PaidCalls {
  readonly statusCode?: number;
}

/**
 * The failure that Temporal keeps of an attempt. Its message is one or two sentences: what and where within the first
 * 50 characters (the Temporal UI cuts there), why it is final, how to fix it.
 *
 * @param fix how to fix it, where the agent's type knows better than the failure table
 */
export function toAgentFailure(
  agent: string,
  fault: AttemptFault,
  calls: PaidCalls,
  plan: RetryPlan,
  fix: string = FAILURES[fault.type].fix,
): ApplicationFailure {
  const words = [`Agent "${agent}" ${fault.what}.`, ...endOf(plan, calls), fix];
  return decided(fault.type, words.join(' '), {
    plan,
    details: { ...(fault.statusCode !== undefined && { statusCode: fault.statusCode }), ...calls },
  });
}

/** The failure of an input that no retry mends; `problem` is a sentence that names the field. */
export function toInputFailure(problem: string): ApplicationFailure {
  return decided('InvalidInput', problem, { plan: { retry: false, because: 'final' } });
}

function endOf(plan: RetryPlan, { maxAttempts }: PaidCalls): string[] {
  if (plan.retry) return [];
  if (plan.because === 'time_up') return ['The total time is up.'];
  return plan.because === 'calls_used_up' ? [`It was the last of ${maxAttempts} calls.`] : [];
}

function decided(
  type: FailureType,
  message: string,
  { plan, details }: { readonly plan: RetryPlan; readonly details?: AgentFailureDetails },
): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type,
    message,
    nonRetryable: !plan.retry,
    ...(details && { details: [details] }),
    // Benign: expected, so that the SDK neither warns nor counts it as a failure of the worker.
    ...(plan.retry && { nextRetryDelay: plan.delayMs, category: ApplicationFailureCategory.BENIGN }),
  });
  // Our own decision, no fault in the code: a stack would only fill the history.
  failure.stack = '';
  return failure;
}
