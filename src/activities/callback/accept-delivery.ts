import type { CallbackReceipt } from '../../contract/run.ts';
import type { PostAnswer } from '../../egress/guarded-request.ts';
import type { ActivityLogger } from '../activity.ts';
import type { CallbackMetrics } from './callback-attempt.ts';

/** What a line of the log says of an attempt. */
export interface AttemptLabels {
  readonly run_id: string;
  readonly client: string;
  readonly host: string;
  /** From 1. */
  readonly attempt: number;
  readonly trace_id?: string;
}

interface AcceptDeps {
  readonly logger: ActivityLogger;
  readonly metrics?: CallbackMetrics;
  readonly now?: () => number;
}

/** Logs and counts that the receiver has accepted the callback. @returns the receipt */
export function acceptDelivery(
  { logger, metrics, now = Date.now }: AcceptDeps,
  { statusCode, durationMs, address, withheld }: PostAnswer,
  labels: AttemptLabels,
): CallbackReceipt {
  if (withheld === true) warnWithheld(logger, labels);
  metrics?.callbackAttempted({ client: labels.client, outcome: 'delivered' }, durationMs / 1000);
  logger.info({ ...labels, status_code: statusCode, duration_ms: durationMs, address }, 'callback delivered');
  const deliveredAt = new Date(now()).toISOString();
  return { statusCode, attempts: labels.attempt, deliveredAt, durationMs, address };
}

export function warnWithheld(logger: ActivityLogger, labels: AttemptLabels): void {
  logger.warn(labels, 'callback_headers not sent: they need https or a private network; change the URL to https');
}
