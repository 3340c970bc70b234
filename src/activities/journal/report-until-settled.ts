import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityNotFoundError } from '@temporalio/client';
import { raceAbort } from '../../timing/race-abort.ts';
import type { ActivityIds, CompletionClient } from './completion-client.ts';
import type { JournaledAttempt } from './journal-entry.ts';

/**
 * What became of a report: `reported`, `settled` when Temporal knows no such running activity (any more), `unsettled` when
 * it could not be asked before the signal was aborted.
 */
export type ReportEnd = 'reported' | 'settled' | 'unsettled';

const FIRST_WAIT_MS = 100;
/** An answer is reported this soon after Temporal is back. */
const LONGEST_WAIT_MS = 2000;
/** How long a call that is under way may go on after the abort. */
const LAST_CALL_MS = 3000;

/**
 * Reports a result to Temporal.
 *
 * First by the attempt's token. When that is refused, Temporal has given the attempt up (a heartbeat timeout while it was
 * away) and may wait for the next or run it elsewhere: then by the activity's ids, which takes the result all the same.
 */
export async function reportResult(
  completions: CompletionClient,
  attempt: JournaledAttempt,
  result: unknown,
): Promise<'reported' | 'settled'> {
  const { workflowId, runId, activityId } = attempt;
  const byToken = await settle(() => completions.complete(Buffer.from(attempt.taskToken, 'base64'), result));
  if (byToken === 'reported') return byToken;
  const ids = { ...(workflowId !== undefined && { workflowId }), runId, activityId };
  return settle(() => completions.complete(ids, result));
}

/** Reports a failure to Temporal, for this attempt alone. */
export function reportFailure(
  completions: CompletionClient,
  attempt: JournaledAttempt,
  failure: Error,
): Promise<'reported' | 'settled'> {
  return settle(() => completions.fail(Buffer.from(attempt.taskToken, 'base64'), failure));
}

/** Reports a failure to Temporal for the attempt that is running by its knowledge. */
export function reportFailureByIds(
  completions: CompletionClient,
  ids: ActivityIds,
  failure: Error,
): Promise<'reported' | 'settled'> {
  return settle(() => completions.fail(ids, failure));
}

export interface ReportOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Told once, when the first try has failed. */
  readonly onFirstFailure: (error: unknown) => void;
  /** How long Temporal can still take the result, in milliseconds. Default: without limit. */
  readonly leftMs?: () => number;
}

/** Repeats a report until Temporal has taken or refused it, or the signal is aborted. Never rejects. */
export async function reportUntilSettled(
  report: () => Promise<'reported' | 'settled'>,
  { signal, onFirstFailure, leftMs = () => Infinity }: ReportOptions,
): Promise<ReportEnd> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await raceAbort(report(), signal, LAST_CALL_MS);
    } catch (error) {
      if (failures === 0) onFirstFailure(error);
    }
    if (leftMs() <= 0) return 'settled';
    const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return 'unsettled';
  }
}

async function settle(call: () => Promise<void>): Promise<'reported' | 'settled'> {
  try {
    await call();
    return 'reported';
  } catch (error) {
    if (error instanceof ActivityNotFoundError) return 'settled';
    throw error;
  }
}
