import type { CallbackTarget } from './run.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * The default schedule of callback attempts: that of Standard Webhooks, 75 hours.
 *
 * @example
 * const retryDelaysMs = DEFAULT_CALLBACK_SCHEDULE.retryDelaysMs.slice(0, 3);
 * await deliverCallback(outcome, { url, schedule: { retryDelaysMs } });
 */
export const DEFAULT_CALLBACK_SCHEDULE: CallbackSchedule = {
  retryDelaysMs: [
    ...[5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS],
    ...[10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS],
  ],
  attemptTimeoutMs: 15_000,
};

/** The delays between callback attempts, and the timeout of each. */
export type CallbackSchedule = Pick<CallbackTarget, 'retryDelaysMs' | 'attemptTimeoutMs'>;

/** How long a run stays open for a redelivery after its callback has failed for good: 14 days. */
export const DEFAULT_DEAD_LETTER_MS = 14 * 24 * HOUR_MS;

/** Where the outcome of a run goes: a URL, or a URL and what differs from the defaults. */
export type CallbackOption = string | ({ readonly url: string } & Partial<Omit<CallbackTarget, 'url'>>);

/** The callback of a run that code starts. */
export function toCallbackTarget(callback: CallbackOption): CallbackTarget {
  const given = typeof callback === 'string' ? { url: callback } : callback;
  return { ...DEFAULT_CALLBACK_SCHEDULE, deadLetterMs: DEFAULT_DEAD_LETTER_MS, ...given };
}
