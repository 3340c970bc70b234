import type { temporal } from '@temporalio/proto';
import type { AgentProgress, CallbackProgress } from '../contract/activities.ts';
import { type Decoder, toIso } from './temporal-answer.ts';

/** An activity that is open, as `describe` tells it. */
export interface PendingActivity {
  readonly activityId: string;
  /** Whether a worker has it at the moment. */
  readonly running: boolean;
  /** The attempt that runs, or the next one. */
  readonly attempt: number;
  readonly lastFailure?: Error;
  readonly lastStartedAt?: string;
  /** When the next attempt is due; absent while one runs. */
  readonly nextAttemptAt?: string;
  readonly progress?: Partial<AgentProgress>;
  /** Attempts that only waited for their turn at a slow host. */
  readonly parked: number;
}

/** STARTED and CANCEL_REQUESTED of temporal.api.enums.v1.PendingActivityState: a worker has it. */
const WITH_A_WORKER: readonly number[] = [2, 3];

/** Reads one pending activity of a `describe`. */
export async function readPendingActivity(
  pending: temporal.api.workflow.v1.IPendingActivityInfo,
  decoder: Decoder,
): Promise<PendingActivity> {
  const running = WITH_A_WORKER.includes(pending.state ?? 0);
  const lastFailure = await decoder.failure(pending.lastFailure);
  const lastStartedAt = toIso(pending.lastStartedTime);
  const nextAttemptAt = running ? undefined : toIso(pending.nextAttemptScheduleTime);
  const progress = await decoder.first(pending.heartbeatDetails);
  return {
    activityId: pending.activityId ?? '',
    parked: readParked(progress),
    running,
    attempt: pending.attempt || 1,
    ...(lastFailure && { lastFailure }),
    ...(lastStartedAt !== undefined && { lastStartedAt }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
    ...(isProgress(progress) && { progress }),
  };
}

function readParked(details: unknown): number {
  const { parked } = (details ?? {}) as Partial<CallbackProgress>;
  return typeof parked === 'number' && parked > 0 ? parked : 0;
}

function isProgress(value: unknown): value is Partial<AgentProgress> {
  if (typeof value !== 'object' || value === null) return false;
  const { paidAttempts, maxAttempts, progress } = value as Record<string, unknown>;
  return isOptional(paidAttempts, 'number') && isOptional(maxAttempts, 'number') && isOptional(progress, 'string');
}

function isOptional(value: unknown, type: 'number' | 'string'): boolean {
  return value === undefined || typeof value === type;
}
