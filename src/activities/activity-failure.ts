import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { FAILURES, type FailureType } from '../contract/failures.ts';
import type { Usage } from '../contract/run.ts';
import type { RetryPlan } from './agent/retry-plan.ts';

/** How an attempt failed. */
export interface AttemptFault {
  readonly type: FailureType;
  /** In our own words, read after the agent's name: `rejected the API key (401)`. */
  readonly what: string;
  readonly statusCode?: number | undefined;
}

/** What the run has cost so far. */
export interface PaidCalls {
  /** As far as the agent told. */
  readonly spent?: Usage | undefined;
  readonly paidAttempts: number;
  readonly maxAttempts: number;
}

/** The first item in the details of every failure of `runAgent`. */
export interface AgentFailureDetails extends Omit<PaidCalls, 'spent'> {
  readonly statusCode?: number;
  /** What the calls so far cost, as far as the agent told. */
  readonly usage?: Usage;
}

/**
 * The failure that Temporal keeps of an attempt.
 *
 * @param retryDelayMs when Temporal retries; undefined: it does not
 */
export function toActivityFailure(
  type: FailureType,
  message: string,
  { retryDelayMs, details }: { readonly retryDelayMs?: number | undefined; readonly details?: object | undefined } = {},
): ApplicationFailure {
  const retry = retryDelayMs !== undefined;
  const failure = ApplicationFailure.create({
    type,
    message,
    nonRetryable: !retry,
    ...(details && { details: [details] }),
    // Benign: expected, so the SDK neither warns nor counts it as a worker failure.
    ...(retry && { nextRetryDelay: retryDelayMs, category: ApplicationFailureCategory.BENIGN }),
  });
  // We decided to fail, so the stack shows no fault in the code and would only fill the history.
  failure.stack = '';
  return failure;
}

/** The failure of an invalid input, which is not retried; `problem` is a sentence that names the field. */
export function toInputFailure(problem: string): ApplicationFailure {
  return toActivityFailure('InvalidInput', problem);
}

/**
 * The failure of an attempt of `runAgent`. The first 50 characters of its message say what failed and where (the Temporal UI
 * cuts there); then why it is final, and how to fix it.
 *
 * @param fix how to fix it, where the agent's type knows better than the failure table
 */
export function toAgentFailure(
  agent: string,
  { type, what, statusCode }: AttemptFault,
  calls: PaidCalls,
  plan: RetryPlan,
  fix: string = FAILURES[type].fix,
): ApplicationFailure {
  const { spent, paidAttempts, maxAttempts } = calls;
  const details: AgentFailureDetails = {
    ...(statusCode !== undefined && { statusCode }),
    ...{ paidAttempts, maxAttempts },
    ...(spent && { usage: spent }),
  };
  return toActivityFailure(type, [`Agent "${agent}" ${what}.`, ...endOf(plan, calls), fix].join(' '), {
    retryDelayMs: plan.retry ? plan.delayMs : undefined,
    details,
  });
}

function endOf(plan: RetryPlan, { maxAttempts }: PaidCalls): string[] {
  if (plan.retry) return [];
  if (plan.because === 'time_up') return ['The total timeout has expired.'];
  return plan.because === 'calls_used_up' ? [`All ${maxAttempts} calls are used.`] : [];
}
