import { CompleteAsyncError, Context, type Info } from '@temporalio/activity';
import { type ActivityLogger, isWorkerShutdown, nameOf, timeLeft } from '../activity.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { activityKeyOf, type JournaledAttempt } from './journal-entry.ts';
import type { Journal } from './journal.ts';
import { type CompletionClient, reportResult, reportUntilSettled } from './report-until-settled.ts';
import { onAbort } from '../../timing/until.ts';

export interface KeepDeps {
  readonly journal: Journal;
  readonly completions: CompletionClient;
  readonly logger: ActivityLogger;
}

/**
 * Wraps an activity so that its result is never lost: keeps it on disk and reports it to Temporal for as long as that takes.
 * The SDK gives up after about 8 s, and the activity would run, and cost, again. A later attempt of the same activity returns
 * the kept result.
 *
 * The wrapped activity reports its result itself and then ends with `CompleteAsyncError`, so that its slot, its heartbeats and
 * the worker's drain last until the report succeeds. When the worker stops first, the file stays for `recoverJournal`. Errors
 * pass unchanged. When the disk fails, the activity works as if it were not wrapped.
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
      logger.info(labelsOf(attempt), 'returning the kept result of an earlier attempt');
      return report(attempt, found.result, leftMs, deps);
    }
    const entry = await logDiskFailure(journal.begin(attempt), attempt, logger);
    if (entry === undefined) return activity(input);
    let result: R;
    try {
      result = await activity(input);
    } catch (error) {
      await entry.forget();
      throw error;
    }
    const kept = await logDiskFailure(
      entry.keep(result).then(() => true),
      attempt,
      logger,
    );
    if (kept === true) return report(attempt, result, leftMs, deps);
    await entry.forget();
    return result;
  };
}

/** @throws CompleteAsyncError always: the report succeeded, or is left to the next worker. */
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
  const stopListening = onAbort(context.cancellationSignal, () => {
    // A cancel is too late for an existing result.
    if (isWorkerShutdown(context)) stopping.abort();
  });
  try {
    const end = await reportUntilSettled(() => reportResult(completions, attempt, result), {
      signal: stopping.signal,
      leftMs,
      onFirstFailure: (error) =>
        logger.warn({ ...labelsOf(attempt), error: nameOf(error) }, 'could not report a result to Temporal; retrying'),
    });
    if (end !== 'unsettled') await journal.forget(attempt);
    else logger.warn(labelsOf(attempt), 'worker stops before its result reached Temporal; the next start reports it');
  } finally {
    heartbeat.stop();
    stopListening();
  }
  throw new CompleteAsyncError();
}

/** @returns undefined when the disk fails */
async function logDiskFailure<T>(
  writing: Promise<T>,
  attempt: JournaledAttempt,
  logger: ActivityLogger,
): Promise<T | undefined> {
  try {
    return await writing;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    logger.error({ ...labelsOf(attempt), error: nameOf(error), code }, 'could not write the journal: check its disk');
    return undefined;
  }
}

function toAttempt(info: Info): JournaledAttempt {
  const { activityType, attempt, base64TaskToken } = info;
  return { ...activityKeyOf(info), activityType, attempt, taskToken: base64TaskToken };
}

function labelsOf({ workflowId, activityType, attempt }: JournaledAttempt) {
  return { run_id: workflowId, activity: activityType, attempt };
}
