import { CompleteAsyncError, type Context } from '@temporalio/activity';
import type { AgentAnswer } from '../../contract/run.ts';
import type { ActivityLogger } from '../activity.ts';
import type { AgentCall, AgentCalls, CallEnd, Follower } from './agent-calls.ts';
import { Interruption, readInterruption } from './interruption.ts';
import { activityKeyOf } from '../journal/journal-entry.ts';
import { onAbort } from '../../timing/until.ts';
import { watchActivity } from '../watch-activity.ts';

export interface FollowDeps extends Pick<Follower, 'onProgress' | 'onCheckpoint'> {
  /** The calls of all attempts. */
  readonly calls: AgentCalls;
  /** Whether answers are kept outside of this process until Temporal has them. */
  readonly keepsAnswers: boolean;
  /** Whether the worker is shutting down. */
  readonly isDraining: () => boolean;
  readonly logger: ActivityLogger;
}

/**
 * Waits in an attempt for the end of a call that this attempt or an earlier one started.
 *
 * A cancel, a pause, a reset and a shutdown end the call. A missed heartbeat does not, because Temporal may have been away: the call
 * goes on until the next attempt follows it, or until Temporal says that its activity is over.
 *
 * @throws what the call fails with; Interruption; CompleteAsyncError when a later attempt follows the call
 */
export async function followCall(call: AgentCall, activity: Context, deps: FollowDeps): Promise<AgentAnswer> {
  const { info, cancellationSignal } = activity;
  const over = new AbortController();
  const stopListening = onAbort(cancellationSignal, () => void interrupt(call, activity, over.signal, deps));
  const since = info.currentAttemptScheduledTimestampMs;
  const { onProgress, onCheckpoint } = deps;
  const end = await call.follow({ since, onProgress, onCheckpoint });
  stopListening();
  over.abort(OVER);
  // Temporal gave this attempt up, and ignores what it returns.
  if (end === undefined) throw new CompleteAsyncError();
  if (mayBeUnheard(end, activity, deps)) deps.calls.keepEnded(activityKeyOf(info));
  else if ('answer' in end) deps.calls.keepEnded(activityKeyOf(info), ANSWER_KEPT_MS);
  else deps.calls.remove(activityKeyOf(info));
  if ('error' in end) throw end.error;
  return end.answer;
}

/** Without a reason each end would make a `DOMException` with its stack. */
const OVER = 'the attempt is over';

/**
 * A process that slept may have its answer before it hears that Temporal gave the attempt up: the next attempt is on its way, and
 * the journal reports the answer only after the SDK has failed to.
 */
const ANSWER_KEPT_MS = 10_000;

async function interrupt(
  call: AgentCall,
  activity: Context,
  signal: AbortSignal,
  { logger, isDraining }: FollowDeps,
): Promise<void> {
  let by = readInterruption(activity);
  if (by === 'lost') {
    const runId = activity.info.workflowExecution?.workflowId;
    logger.warn({ run_id: runId }, 'Temporal missed heartbeats of an agent at work; its call goes on');
    by = (await watchActivity(activity, signal, isDraining)) ?? 'lost';
  }
  if (by !== 'lost') call.abort(new Interruption(by));
}

/** Whether the next attempt may have to report this end. Whether Temporal takes a failure, only that attempt can tell. */
function mayBeUnheard(end: CallEnd, activity: Context, { keepsAnswers }: FollowDeps): boolean {
  const by = activity.cancellationSignal.aborted ? readInterruption(activity) : undefined;
  return 'answer' in end ? by === 'lost' && !keepsAnswers : by === undefined || by === 'lost';
}
