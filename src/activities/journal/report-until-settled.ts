import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityNotFoundError } from '@temporalio/client';
import type { ActivitySerializationContext } from '@temporalio/common';
import { raceAbort } from '../../timing/race-abort.ts';
import type { Semaphore } from '../semaphore.ts';
import type { JournaledAttempt } from './journal-entry.ts';

/** An activity by its IDs, whichever attempt of it is running. */
export interface ActivityIds {
  readonly workflowId?: string;
  readonly runId: string;
  readonly activityId: string;
}

/** Which activity a task token belongs to, as the SDK tells its codecs. */
export interface OfActivity {
  readonly serializationContext: ActivitySerializationContext;
}

/**
 * Reports the end of an activity to Temporal from outside of it, as `AsyncCompletionClient` of `@temporalio/client` does. It
 * must use the worker's own data converter.
 */
export interface CompletionClient {
  readonly options?: { readonly namespace: string };
  /** @param options the activity that the token belongs to, so that a codec binds the result to its workflow */
  complete(taskToken: Uint8Array, result: unknown, options?: OfActivity): Promise<void>;
  complete(ids: ActivityIds, result: unknown): Promise<void>;
  /** Rejects with `ActivityNotFoundError` when the attempt is over for Temporal, with anything else when a retry may succeed. */
  fail(taskToken: Uint8Array, error: unknown): Promise<void>;
  fail(ids: ActivityIds, error: unknown): Promise<void>;
}

/** Which can leave heartbeat details, too. */
export interface HeartbeatClient extends CompletionClient {
  heartbeat(ids: ActivityIds, details: unknown): Promise<void>;
}

/**
 * The end of a report: `reported`; `settled` when Temporal knows no such running activity; `unsettled` when the signal aborted
 * before Temporal answered.
 */
export type ReportEnd = 'reported' | 'settled' | 'unsettled';

const FIRST_WAIT_MS = 100;
/** An answer is reported this soon after Temporal recovers. */
const LONGEST_WAIT_MS = 2000;
/** How long a running call may take after the abort. */
const LAST_CALL_MS = 3000;

/**
 * Reports a result to Temporal.
 *
 * First by the attempt's token. Temporal rejects the token when it ended the attempt (a heartbeat timeout during an outage) and
 * waits for the next one or runs it elsewhere. Then by the activity's IDs, for which it still accepts the result.
 */
export async function reportResult(
  completions: CompletionClient,
  attempt: JournaledAttempt,
  result: unknown,
): Promise<'reported' | 'settled'> {
  const { workflowId, activityId } = attempt;
  const of: OfActivity = {
    serializationContext: {
      ...{ type: 'activity', namespace: completions.options?.namespace ?? 'default', activityId, isLocal: false },
      ...(workflowId !== undefined && { workflowId }),
    },
  };
  const byToken = await settle(() => completions.complete(Buffer.from(attempt.taskToken, 'base64'), result, of));
  if (byToken === 'reported') return byToken;
  return settle(() => completions.complete(toIds(attempt), result));
}

/** Reports the failure of this attempt to Temporal. */
export function reportFailure(
  completions: CompletionClient,
  attempt: JournaledAttempt,
  failure: Error,
): Promise<'reported' | 'settled'> {
  return settle(() => completions.fail(Buffer.from(attempt.taskToken, 'base64'), failure));
}

/** Reports the failure of whichever attempt Temporal considers running. */
export function reportFailureByIds(
  completions: CompletionClient,
  ids: ActivityIds,
  failure: Error,
): Promise<'reported' | 'settled'> {
  return settle(() => completions.fail(toIds(ids), failure));
}

/** Leaves heartbeat details for the attempt that follows. */
export function heartbeatByIds(
  completions: HeartbeatClient,
  ids: ActivityIds,
  details: unknown,
): Promise<'reported' | 'settled'> {
  return settle(() => completions.heartbeat(toIds(ids), details));
}

function toIds({ workflowId, runId, activityId }: ActivityIds): ActivityIds {
  return { ...(workflowId !== undefined && { workflowId }), runId, activityId };
}

export interface ReportOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called once, when the first call fails. */
  readonly onFirstFailure: (error: unknown) => void;
  /** How long Temporal can still accept the result, in milliseconds. Default: no limit. */
  readonly leftMs?: () => number;
}

/** Repeats a report until Temporal accepts or rejects it, or the signal aborts. Never rejects. */
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

/** Longer than a report takes when Temporal is well. */
const TURN_MS = 5000;

/**
 * Makes a call with a permit, which it returns after a while even if the call still waits: what cannot be reported does not
 * stop the rest. A repeated call queues behind the others.
 *
 * @throws what the call throws; `signal.reason` when the signal aborts before there is a permit
 */
export async function takeTurn<T>(
  semaphore: Semaphore,
  signal: AbortSignal,
  call: () => Promise<T>,
  turnMs = TURN_MS,
): Promise<T> {
  const permit = await semaphore.acquire(signal);
  const timer = setTimeout(() => permit.release(), turnMs).unref();
  try {
    return await call();
  } finally {
    clearTimeout(timer);
    permit.release();
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
