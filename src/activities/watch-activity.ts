import type { Context } from '@temporalio/activity';
import { activityKeyOf } from './journal/journal-entry.ts';
import type { InterruptedBy } from './agent/interruption.ts';
import { pause } from '../timing/until.ts';

const GRPC_NOT_FOUND = 5;
const CANCEL_REQUESTED = 3; // PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

/**
 * Asks Temporal again and again about the activity of an attempt that it gave up, for as long as a later attempt may need the call
 * of this one. Goes on while Temporal is away. Never rejects.
 *
 * @param isDraining whether the worker is shutting down: the SDK interrupts such an attempt no more
 * @returns what ends the call; undefined when `signal` aborts
 */
export async function watchActivity(
  activity: Context,
  signal: AbortSignal,
  isDraining: () => boolean,
): Promise<InterruptedBy | undefined> {
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const by = await lookAtActivity(activity).catch(() => undefined);
    if (by !== undefined) return by;
    if (isDraining()) return 'shutdown';
    await pause(wait, signal);
  }
  return undefined;
}

/** @returns undefined when the activity is open and nothing interrupts it */
async function lookAtActivity({ client, info }: Context): Promise<InterruptedBy | undefined> {
  const { workflowId, runId, activityId } = activityKeyOf(info);
  if (workflowId === undefined) return undefined;
  try {
    const { workflowExecutionInfo, pendingActivities } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
    });
    const pending = pendingActivities.find((each) => each.activityId === activityId);
    if (workflowExecutionInfo?.closeTime || pending === undefined) return 'end';
    if (Number(pending.state) === CANCEL_REQUESTED) return 'cancel';
    return pending.paused ? 'pause' : undefined;
  } catch (error) {
    if ((error as { code?: number }).code === GRPC_NOT_FOUND) return 'end';
    throw error;
  }
}
