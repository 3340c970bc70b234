import { ActivityFailure, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { DeliverCallbackInput } from '../../contract/activities.ts';
import { DEFERRED, type FirstTry, type FirstTryActivities, isFirstTryBuild } from '../../contract/first-try.ts';
import { callbackSummary } from '../../contract/summary.ts';

/** For a try that a busy process does not come to. */
const LONGEST_WAIT_MS = 3000;
/** The activity gives up long before, unless its worker is shutting down; then it ends with its request. */
const AFTER_THE_REQUEST_MS = 3000;

/**
 * Whether the worker of this workflow task tries callbacks at once. A replay reads it from the history, so workers with and without it
 * may take turns at a run. A worker of a deployment has a build ID of its operator's, and does not.
 */
export function triesAtOnce(): boolean {
  return isFirstTryBuild(workflowInfo().currentDeploymentVersion?.buildId ?? '');
}

/** Tries a callback once, in this workflow task. Never throws. */
export async function tryCallback(input: DeliverCallbackInput): Promise<FirstTry> {
  const activities = proxyLocalActivities<FirstTryActivities>({
    summary: callbackSummary(input.url),
    scheduleToStartTimeout: LONGEST_WAIT_MS,
    startToCloseTimeout: input.attemptTimeoutMs + AFTER_THE_REQUEST_MS,
    retry: { maximumAttempts: 1 },
  });
  try {
    return await activities.tryCallback(input);
  } catch (error) {
    if (error instanceof ActivityFailure) return DEFERRED;
    throw error;
  }
}
