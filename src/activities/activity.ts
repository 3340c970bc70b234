import type { Context, Info } from '@temporalio/activity';
import type { LogFields } from '../telemetry/log-fields.ts';

/** What activities log to; a pino logger fits. */
export interface ActivityLogger {
  info<F extends object>(fields: LogFields<F>, message: string): void;
  warn<F extends object>(fields: LogFields<F>, message: string): void;
  error<F extends object>(fields: LogFields<F>, message: string): void;
}

/**
 * Whether an activity was interrupted because its worker is shutting down, not by a cancel, a pause, a reset or a timeout.
 *
 * The details are empty when the shutdown evicts the activity; then only the reason's message shows it (`@temporalio/worker`,
 * `CancelReason`).
 */
export function isWorkerShutdown({
  cancellationSignal: { reason },
  cancellationDetails,
}: Pick<Context, 'cancellationSignal' | 'cancellationDetails'>): boolean {
  return (
    cancellationDetails?.workerShutdown === true || (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN')
  );
}

/**
 * Returns a function that returns how much of an activity's total timeout is left, in milliseconds.
 *
 * @param totalMs a limit of ours, where Temporal's is longer
 *
 * The wait in the task queue is missing, so Temporal may end the activity sooner. Counting it would let a wrong clock end the
 * activity too early.
 */
export function timeLeft(
  info: Pick<Info, 'scheduleToCloseTimeoutMs' | ScheduledTimes>,
  totalMs = Infinity,
): () => number {
  const spent = timeSpent(info);
  const total = Math.min(orNoLimit(info.scheduleToCloseTimeoutMs), totalMs);
  return () => total - spent();
}

/** Returns a function that returns how much of an attempt's own timeout is left, in milliseconds. */
export function attemptTimeLeft({ startToCloseTimeoutMs }: Pick<Info, 'startToCloseTimeoutMs'>): () => number {
  const startedAt = performance.now();
  const total = orNoLimit(startToCloseTimeoutMs);
  return () => total - (performance.now() - startedAt);
}

/** Temporal sends 0 for "no limit". */
function orNoLimit(timeoutMs: number): number {
  return timeoutMs > 0 ? timeoutMs : Infinity;
}

type ScheduledTimes = 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs';

/**
 * Returns a function that returns how long ago an activity was scheduled, in milliseconds.
 *
 * It does not compare this machine's clock with the server's: it adds what the server says passed before this attempt, and what
 * has passed here since.
 */
export function timeSpent(info: Pick<Info, ScheduledTimes>): () => number {
  const startedAt = performance.now();
  const before = Math.max(info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs, 0);
  return () => before + (performance.now() - startedAt);
}

/** The name of an error for a log line. Its message stays out: it may quote a secret. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
