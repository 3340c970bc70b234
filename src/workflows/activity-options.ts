import type { Priority } from '@temporalio/common';
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { ACTIVITY_ID } from '../contract/activities.ts';
import type { AgentPolicy, CallbackTarget } from '../contract/run.ts';
import { callbackSummary, taskSummary } from '../contract/summary.ts';

/** How much longer Temporal waits for a callback try than the try itself may take, in milliseconds. */
const MARGIN_MS = 30_000;
/** A delivery heartbeats every few seconds; its worker is taken for lost after this. */
const CALLBACK_HEARTBEAT_MS = 15_000;
/** What a delivery may spend, beside its schedule, on waiting for its turn at a host that is slow. */
const TURNS_MS = 3_600_000;
/** Telling the operator takes seconds, but may have to wait for a worker. */
const REPORT_MS = { oneTry: 30_000, inAll: 86_400_000 } as const;
/** Ahead of every waiting agent (3 is the default): an answer that is paid for must not queue behind new tasks. */
const CALLBACK_PRIORITY: Priority = { priorityKey: 1 };

/**
 * Options of `runAgent`.
 *
 * Temporal counts no attempts here, the activity does: only calls that may have cost money use one up. So an attempt may
 * last as long as the whole, and the activity itself ends a single call in time. The policy's interval is for lost
 * workers alone; every failure that the activity reports names its own delay.
 */
export function agentOptions(policy: AgentPolicy, text: string): ActivityOptions {
  return {
    activityId: ACTIVITY_ID.agent,
    summary: taskSummary(text),
    scheduleToCloseTimeout: policy.totalTimeoutMs,
    startToCloseTimeout: policy.totalTimeoutMs,
    heartbeatTimeout: policy.heartbeatTimeoutMs,
    retry: { initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 60_000 },
    // By name: unset means TRY_CANCEL, and the run would close while its agent still works.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
}

/**
 * Options of `deliverCallback`: as long as one try more than there are delays can take, whatever `Retry-After` says.
 *
 * The activity counts its tries itself, for an attempt that only waits for its turn at a busy host is none.
 */
export function callbackOptions(target: CallbackTarget, url: string): ActivityOptions {
  const { retryDelaysMs, attemptTimeoutMs } = target;
  const tries = retryDelaysMs.length + 1;
  const waits = retryDelaysMs.reduce((sum, delay) => sum + delay, 0);
  return {
    activityId: ACTIVITY_ID.callback,
    summary: callbackSummary(url),
    scheduleToCloseTimeout: 2 * waits + tries * (attemptTimeoutMs + MARGIN_MS) + TURNS_MS,
    startToCloseTimeout: attemptTimeoutMs + MARGIN_MS,
    heartbeatTimeout: CALLBACK_HEARTBEAT_MS,
    retry: { initialInterval: 1000, backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    priority: CALLBACK_PRIORITY,
  };
}

/** Options of `reportDeadLetter`: once, and again only where its worker is lost. */
export function reportOptions(): ActivityOptions {
  return {
    activityId: ACTIVITY_ID.deadLetter,
    summary: 'tells the operator of a dead letter',
    scheduleToCloseTimeout: REPORT_MS.inAll,
    startToCloseTimeout: REPORT_MS.oneTry,
    retry: { initialInterval: 10_000, backoffCoefficient: 2, maximumInterval: 600_000 },
  };
}
