import type { Info } from '@temporalio/activity';

/**
 * How much of an activity's total time is left, in milliseconds, at any time that it is asked.
 *
 * Counted without comparing this machine's clock with the server's: what the server says went by before this attempt,
 * and what went by here since. A wait in the task queue is missing, so that the true end may come sooner; then Temporal
 * itself ends the activity. The other way round, a clock that is wrong would end it before its time.
 */
export function timeLeft(
  info: Pick<Info, 'scheduleToCloseTimeoutMs' | 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs'>,
): () => number {
  const startedAt = performance.now();
  const before = Math.max(info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs, 0);
  // Temporal sends 0 for "without limit".
  const total = info.scheduleToCloseTimeoutMs > 0 ? info.scheduleToCloseTimeoutMs : Infinity;
  return () => total - before - (performance.now() - startedAt);
}
