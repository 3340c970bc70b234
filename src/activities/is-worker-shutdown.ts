import type { ActivityCancellationDetails } from '@temporalio/common';

/**
 * Whether an activity was interrupted because its worker stops, and not by a cancel, a pause, a reset or a timeout.
 *
 * The details of an eviction during shutdown are empty; then only the failure's message tells (`@temporalio/worker`,
 * `CancelReason`).
 */
export function isWorkerShutdown(reason: unknown, details: ActivityCancellationDetails | undefined): boolean {
  return details?.workerShutdown === true || (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN');
}
