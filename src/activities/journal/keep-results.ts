import { CompleteAsyncError, Context, type Info } from '@temporalio/activity';
import type { ActivityLogger } from '../activity-logger.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { isWorkerShutdown } from '../is-worker-shutdown.ts';
import { timeLeft } from '../time-left.ts';
import type { CompletionClient } from './completion-client.ts';
import type { JournaledAttempt } from './journal-entry.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { reportResult, reportUntilSettled } from './report-until-settled.ts';
import { onAbort } from '../../timing/until.ts';

export interface KeepDeps {
  readonly journal: Journal;
  readonly completions: CompletionClient;
  readonly logger: ActivityLogger;
}

/**
 * Wraps an activity so that its result is never lost once there is one: it is kept on the disk and reported to Temporal for
 * as long as that takes, where the SDK gives up after some 8 s and the activity would be done, and paid for, anew. A later
 * attempt of the same activity gets the kept result.
 *
 * The wrapped activity reports by itself and then ends with `CompleteAsyncError`, so that its slot, its heartbeats and
 * the worker's drain last until the report is through. When the worker stops first, the file stays for
 * `recoverJournal`. Errors pass as they are. When the disk fails, the activity works as if it were not wrapped.
 */
export function keepResults<I, R>(activity: (input: I) => Promise<R>, deps: KeepDeps): (input: I) => Promise<R> {
  const { journal, logger } = deps;
  return async (input) => {
    const { info } = Context.current();
    if (info.isLocal) return activity(input);
    const attempt = toAttempt(info);
    const leftMs = timeLeft(info);
    const found = await journal.find(attempt);
    if (found !== undefined) {
      logger.info(labelsOf(attempt), 'an earlier attempt had the result already; nothing is done again');
      return report(attempt, found.result, leftMs, deps);
    }
    const entry = await beginEntry(journal, attempt, logger);
    if (entry === undefined) return activity(input);
    let result: R;
    try {
      result = await activity(input);
    } catch (error) {
      await entry.forget();
      throw error;
    }
    if (await keepResult(entry, result, logger)) return report(attempt, result, leftMs, deps);
    await entry.forget();
    return result;
  };
}

/** @throws CompleteAsyncError always: the report is made, or left to the next worker. */
async function report(
  attempt: JournaledAttempt,
  result: unknown,
  leftMs: () => number,
  deps: KeepDeps,
): Promise<never> {
  const { journal, completions, logger } = deps;
  const context = Context.current();
  const heartbeat = startHeartbeat();
  const stopping = new AbortController();
  const { cancellationSignal } = context;
  const stopListening = onAbort(cancellationSignal, () => {
    // A cancel is too late for a result that is there.
    if (isWorkerShutdown(cancellationSignal.reason, context.cancellationDetails)) stopping.abort();
  });
  try {
    const end = await reportUntilSettled(() => reportResult(completions, attempt, result), {
      signal: stopping.signal,
      leftMs,
      onFirstFailure: (error) =>
        logger.warn({ ...labelsOf(attempt), error: nameOf(error) }, 'Temporal did not take a result; it is kept'),
    });
    if (end !== 'unsettled') await journal.forget(attempt);
    else logger.warn(labelsOf(attempt), 'the worker stops before Temporal took a result; the next start reports it');
  } finally {
    heartbeat.stop();
    stopListening();
  }
  throw new CompleteAsyncError();
}

async function beginEntry(
  journal: Journal,
  attempt: JournaledAttempt,
  logger: ActivityLogger,
): Promise<JournalEntry | undefined> {
  try {
    return await journal.begin(attempt);
  } catch (error) {
    logDiskFailure(logger, attempt, error);
    return undefined;
  }
}

async function keepResult(entry: JournalEntry, result: unknown, logger: ActivityLogger): Promise<boolean> {
  try {
    await entry.keep(result);
    return true;
  } catch (error) {
    logDiskFailure(logger, entry.attempt, error);
    return false;
  }
}

function logDiskFailure(logger: ActivityLogger, attempt: JournaledAttempt, error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  logger.error(
    { ...labelsOf(attempt), error: nameOf(error), code },
    'the journal could not be written: look at its disk',
  );
}

function toAttempt(info: Info): JournaledAttempt {
  const { workflowExecution, activityRunId, activityId, activityType, attempt, base64TaskToken } = info;
  return {
    ...(workflowExecution !== undefined && { workflowId: workflowExecution.workflowId }),
    runId: workflowExecution?.runId ?? activityRunId ?? '',
    activityId,
    scheduledAt: info.scheduledTimestampMs,
    activityType,
    attempt,
    taskToken: base64TaskToken,
  };
}

function labelsOf({ workflowId, activityType, attempt }: JournaledAttempt): object {
  return { runId: workflowId, activityType, attempt };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
