import { AT_ONCE_MS } from '../retry-plan.ts';

/** What decides when the next try comes. Durations are milliseconds. */
export interface FailedTry {
  /** Which try it was, from 1. */
  readonly attempt: number;
  readonly retryDelaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  /** What is left of the activity's total time. */
  readonly leftMs: number;
  /** The pause that the receiver asked for. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  readonly random: number;
}

export type NextTry =
  | { readonly follows: true; readonly delayMs: number }
  | { readonly follows: false; readonly because: 'schedule_used_up' | 'time_up' };

const JITTER = 0.2;
/** What may go by between two tries beside the wait itself. */
const MARGIN_MS = 1000;

/**
 * Plans the next try by the schedule, ±20 %, so that callbacks which failed together don't come back together.
 *
 * A `Retry-After` can make it later, up to twice the scheduled wait (as Svix does), never sooner. The wait is cut so that
 * a whole try still fits into the total time: Temporal ends an activity at once when its delay passes that.
 */
export function planNextTry(tried: FailedTry): NextTry {
  const scheduled = tried.retryDelaysMs[tried.attempt - 1];
  if (scheduled === undefined) return { follows: false, because: 'schedule_used_up' };
  const latest = tried.leftMs - tried.attemptTimeoutMs - MARGIN_MS;
  if (latest < AT_ONCE_MS) return { follows: false, because: 'time_up' };
  const jittered = scheduled * (1 - JITTER + 2 * JITTER * tried.random);
  const asked = Math.min(tried.retryAfterMs ?? 0, 2 * scheduled);
  return { follows: true, delayMs: Math.round(Math.min(Math.max(jittered, asked, AT_ONCE_MS), latest)) };
}

/**
 * The wait for a turn at a slow host, cut so that a whole try still fits into the total time.
 *
 * @returns undefined when none fits any more
 */
export function planTurn(wantedMs: number, leftMs: number, attemptTimeoutMs: number): number | undefined {
  const latest = leftMs - attemptTimeoutMs - MARGIN_MS;
  return latest < AT_ONCE_MS ? undefined : Math.round(Math.max(Math.min(wantedMs, latest), AT_ONCE_MS));
}
