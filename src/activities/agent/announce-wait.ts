import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { failureClass, type FailureType, isFailureType } from '../../contract/failures.ts';
import { within } from '../../timing/within.ts';
import { type ActivityLogger, nameOf } from '../activity.ts';

/** Tells a run that its agent is at fault and that the next attempt is a while away. */
export type OnAgentWait = (runId: string, type: FailureType) => Promise<void>;

/** A server that restarts is back sooner: nobody needs to find these runs. */
const LONG_WAIT_MS = 10_000;
const ANNOUNCE_MS = 5000;

/**
 * Announces the wait before the next attempt, where it is a long one for an agent at fault.
 *
 * @param failure that of the attempt
 * @returns whether the run knows
 */
export async function announceWait(
  failure: Error,
  { info }: Context,
  { onAgentWait, logger }: { readonly onAgentWait?: OnAgentWait; readonly logger: ActivityLogger },
): Promise<boolean> {
  const runId = info.workflowExecution?.workflowId;
  if (onAgentWait === undefined || runId === undefined || !(failure instanceof ApplicationFailure)) return false;
  const { type, nextRetryDelay: delay } = failure;
  if (!isFailureType(type) || failureClass(type) !== 'agent') return false;
  if (typeof delay !== 'number' || delay < LONG_WAIT_MS) return false;
  try {
    await within(ANNOUNCE_MS, onAgentWait(runId, type), () => {
      throw Object.assign(new Error(`not settled within ${ANNOUNCE_MS} ms`), { name: 'TimeoutError' });
    });
    return true;
  } catch (error) {
    logger.warn({ run_id: runId, error: nameOf(error) }, 'could not signal the run that its agent is at fault');
    return false;
  }
}
