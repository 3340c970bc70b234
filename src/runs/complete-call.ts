import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { CallClaim } from '../contract/call-token.ts';
import type { AgentAnswer } from '../contract/run.ts';
import type { FailureType } from '../contract/failures.ts';
import { isRecord } from '../values/is-record.ts';
import { readPendingActivities } from './read-run.ts';

/** The words of the agent are not passed on. */
const FAILED = 'The agent said that the call has failed.';

/**
 * Completes the activity of a call by its IDs, whichever worker waits for it, or none.
 *
 * @param answer undefined: the call has failed for good
 * @returns whether the call waited for it. A step that calls the agent again takes no answer to the earlier call
 * @throws WorkflowNotFoundError, whatever else the SDK throws
 */
export async function completeCall(
  client: Client,
  { workflowId, executionId: runId, activityId, call }: CallClaim,
  answer: AgentAnswer | undefined,
): Promise<boolean> {
  const pending = await readPendingActivities(client, { workflowId, runId });
  const activity = pending.find((one) => one.activityId === activityId);
  if (activity === undefined) return false;
  const { heartbeat } = activity;
  // A quick agent answers before the heartbeat that tells of its call.
  const begun = isRecord(heartbeat) ? Number(heartbeat['paidAttempts'] ?? 0) : 0;
  if (begun > call) return false;
  const id = { workflowId, runId, activityId };
  try {
    if (answer === undefined) {
      const type: FailureType = 'AgentFailed';
      await client.activity.fail(id, ApplicationFailure.nonRetryable(FAILED, type));
    } else await client.activity.complete(id, answer);
    return true;
  } catch (error) {
    if (error instanceof ActivityNotFoundError) return false;
    throw error;
  }
}
