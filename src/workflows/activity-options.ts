import type { Priority } from '@temporalio/common';
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { DEFAULT_AGENT_POLICY, type PolicyChanges } from '../contract/agent-policy.ts';
import type { CallbackTarget } from '../contract/run.ts';
import { callbackSummary, taskSummary } from '../contract/summary.ts';

/** How much longer than a callback attempt's own timeout Temporal waits, in milliseconds. */
const MARGIN_MS = 30_000;
/** A delivery heartbeats every few seconds; after this silence Temporal considers its worker lost. */
const CALLBACK_HEARTBEAT_MS = 15_000;
/** How long the per-host limit may defer a delivery, beside its schedule. */
const DEFERRAL_MS = 3_600_000;
/** A notification takes seconds, but may wait for a worker. */
const REPORT_MS = { attempt: 30_000, total: 86_400_000 } as const;
/**
 * How long a task may take whose caller leaves the total timeout to the agent's own, which only the worker knows: the time to find
 * a worker, and the limit where none serves the task queue.
 */
const UNTOLD_TOTAL_MS = 86_400_000;
/** Ahead of every waiting agent (3 is the default): a paid answer must not queue behind new tasks. */
const CALLBACK_PRIORITY: Priority = { priorityKey: 1 };

/**
 * Options of `runAgent`.
 *
 * The activity counts attempts, not Temporal: only calls that may have cost money count. So an attempt may last as long as the
 * total timeout, and the activity itself ends a single call in time. The retry policy applies to lost workers only; every
 * failure that the activity reports sets its own delay.
 */
export function agentOptions(policy: PolicyChanges | undefined, text: string): ActivityOptions {
  const { totalTimeoutMs = UNTOLD_TOTAL_MS, heartbeatTimeoutMs = DEFAULT_AGENT_POLICY.heartbeatTimeoutMs } =
    policy ?? {};
  return {
    activityId: ACTIVITY_ID.agent,
    summary: taskSummary(text),
    scheduleToCloseTimeout: totalTimeoutMs,
    startToCloseTimeout: totalTimeoutMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    retry: { initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 60_000 },
    // Explicit: the default is TRY_CANCEL, which would close the run while its agent still works.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
}

/** Options of `shareAnswer`, which takes the place of `runAgent`: every reader of a run finds its answer by the same ID. */
export const SHARE_OPTIONS: ActivityOptions = {
  activityId: ACTIVITY_ID.agent,
  summary: 'takes the answer of the run that collected this one',
  scheduleToCloseTimeout: UNTOLD_TOTAL_MS,
  startToCloseTimeout: 30_000,
  retry: { initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 60_000 },
};

/**
 * Options of `deliverCallback`: enough time for one attempt more than there are delays, whatever `Retry-After` says.
 *
 * The activity counts its attempts itself, because a deferred one does not count.
 */
export function callbackOptions(target: CallbackTarget, url: string): ActivityOptions {
  const { retryDelaysMs, attemptTimeoutMs } = target;
  const attempts = retryDelaysMs.length + 1;
  const delays = retryDelaysMs.reduce((sum, delay) => sum + delay, 0);
  return {
    activityId: ACTIVITY_ID.callback,
    summary: callbackSummary(url),
    scheduleToCloseTimeout: 2 * delays + attempts * (attemptTimeoutMs + MARGIN_MS) + DEFERRAL_MS,
    startToCloseTimeout: attemptTimeoutMs + MARGIN_MS,
    heartbeatTimeout: CALLBACK_HEARTBEAT_MS,
    retry: { initialInterval: 1000, backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: CALLBACK_PRIORITY,
  };
}

/** Options of `reportDeadLetter`: once, and again only when its worker is lost. */
export function reportOptions(): ActivityOptions {
  return {
    activityId: ACTIVITY_ID.deadLetter,
    summary: 'notifies the operator of a dead letter',
    scheduleToCloseTimeout: REPORT_MS.total,
    startToCloseTimeout: REPORT_MS.attempt,
    retry: { initialInterval: 10_000, backoffCoefficient: 2, maximumInterval: 600_000 },
  };
}
