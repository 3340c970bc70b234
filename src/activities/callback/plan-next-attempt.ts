import { AT_ONCE_MS } from '../agent/retry-plan.ts';

/** What decides when the next attempt starts. Durations are milliseconds. */
export interface FailedAttempt {
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  readonly retryDelaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  /** What is left of the activity's total timeout. */
  readonly leftMs: number;
  /** The delay that the receiver requested. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  readonly random: number;
}

export type NextAttempt =
  | { readonly follows: true; readonly delayMs: number }
  | { readonly follows: false; readonly because: 'schedule_used_up' | 'time_up' };

const JITTER = 0.2;
/** How long the handover between two attempts may take, beside the delay. */
const MARGIN_MS = 1000;

/**
 * Plans the next attempt from the schedule, ±20 %, so that callbacks that failed together do not return together.
 *
 * `Retry-After` can extend the delay up to twice the scheduled one (as Svix does), never shorten it. The delay is cut so that
 * a whole attempt fits into the total timeout: Temporal ends an activity at once when its delay exceeds that.
 */
export function planNextAttempt(failed: FailedAttempt): NextAttempt {
  const scheduled = failed.retryDelaysMs[failed.attempt - 1];
  if (scheduled === undefined) return { follows: false, because: 'schedule_used_up' };
  const jittered = scheduled * (1 - JITTER + 2 * JITTER * failed.random);
  const requested = Math.min(failed.retryAfterMs ?? 0, 2 * scheduled);
  const delayMs = planDeferral(Math.max(jittered, requested), failed.leftMs, failed.attemptTimeoutMs);
  return delayMs === undefined ? { follows: false, because: 'time_up' } : { follows: true, delayMs };
}

/**
 * A delay, cut so that a whole attempt still fits into the total timeout.
 *
 * @returns undefined when none fits
 */
export function planDeferral(wantedMs: number, leftMs: number, attemptTimeoutMs: number): number | undefined {
  const latest = leftMs - attemptTimeoutMs - MARGIN_MS;
  return latest < AT_ONCE_MS ? undefined : Math.round(Math.max(Math.min(wantedMs, latest), AT_ONCE_MS));
}
