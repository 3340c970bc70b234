import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from '../measure.ts';

/** One rate of arrivals, and what became of it. */
export interface Step {
  readonly offeredPerSecond: number;
  /** Runs that ended while the rate lasted. */
  readonly endedPerSecond: number;
  /** From the moment at which a run was due to its end, in milliseconds, of all that were sent. */
  readonly p50: number;
  readonly p99: number;
}

/** A rate is held when so much of it ends meanwhile. */
const HELD_SHARE = 0.95;
/** Above what ends, so that the figure shows where it bends. */
const STEPS_BEYOND = 2;

/**
 * Sends runs at each rate in turn, whether those before have ended or not, until far more come than end. All have ended
 * before the next rate begins.
 *
 * @param whole takes a run from its webhook to its callback
 */
export async function stepLoad(
  whole: () => Promise<void>,
  { rates, seconds }: { readonly rates: readonly number[]; readonly seconds: number },
  told: (line: string) => void,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const rate of rates) {
    const step = await sendAt(rate, seconds, whole);
    steps.push(step);
    told(`${rate}/s: ${step.endedPerSecond.toFixed(1)} ended a second, p99 ${step.p99.toFixed(0)} ms`);
    if (steps.filter((each) => !isHeld(each)).length >= STEPS_BEYOND) break;
  }
  return steps;
}

/** The highest rate of which all but nothing waited; NaN where even the lowest was too much. */
export function highestHeld(steps: readonly Step[]): number {
  return steps.findLast(isHeld)?.offeredPerSecond ?? Number.NaN;
}

function isHeld({ offeredPerSecond, endedPerSecond }: Step): boolean {
  return endedPerSecond >= offeredPerSecond * HELD_SHARE;
}

async function sendAt(perSecond: number, seconds: number, whole: () => Promise<void>): Promise<Step> {
  const took: number[] = [];
  const running: Promise<void>[] = [];
  const began = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const due = began + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    running.push(whole().then(() => void took.push(performance.now() - due)));
  }
  const left = began + seconds * 1000 - performance.now();
  if (left > 0) await sleep(left);
  const ended = (took.length * 1000) / (performance.now() - began);
  await Promise.all(running);
  return { offeredPerSecond: perSecond, endedPerSecond: ended, p50: median(took), p99: percentile(took, 0.99) };
}
