import { z } from 'zod';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST_MS = 365 * UNITS.d;

const DELAY = /^([1-9]\d{0,7})([smhd])$/;

const delay = z
  .string()
  .regex(DELAY, 'is not a delay: write a whole number with a unit (s, m, h or d), such as 90s or 2h')
  .refine((text) => !(readDelay(text) > LONGEST_MS), 'is too long: the maximum is 365d');

const at = z.iso
  .datetime({ offset: true, error: 'is not a time: write it as 2026-01-31T12:00:00Z, or with an offset (RFC 3339)' })
  .refine((text) => !(Date.parse(text) - Date.now() > LONGEST_MS), 'is too late: the maximum is 365 days from now');

/** The fields of a task that say when its run starts. */
export const START_TIME = {
  delay: delay.optional().describe('How long the run waits before it starts, such as `90s`, `2h` or `7d`.'),
  at: at
    .optional()
    .describe('When the run starts (RFC 3339). A time that is past starts it at once. Not with `delay`.'),
};

/** NaN where the text is no delay. */
function readDelay(text: string): number {
  const [, amount, unit] = DELAY.exec(text) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** @returns milliseconds from now until the run starts; undefined: at once */
export function readStartDelay({
  delay: wait,
  at: time,
}: {
  delay?: string | undefined;
  at?: string | undefined;
}): number | undefined {
  const ms = wait !== undefined ? readDelay(wait) : time !== undefined ? Date.parse(time) - Date.now() : 0;
  return ms > 0 ? ms : undefined;
}
