import { atOnce } from './measure.ts';
import type { OurProcess } from './processes.ts';
import { residentMiB } from './process-usage.ts';
import { CONCURRENCY, TEXT } from './workload.ts';

/** Processes with many runs open, in MiB resident. */
export interface OpenRunFigures {
  readonly openRuns: number;
  readonly ingressMiB: Record<'before' | 'after', number>;
  readonly workerMiB: Record<'before' | 'after', number>;
  /** From the start of the worker's process to its being ready. */
  readonly workerReadyMs: number;
}

/** Takes in runs whose agents don't answer, a few at once, with ingress and worker each in a process of its own. */
export async function measureOpenRuns(
  start: (command: 'ingress' | 'worker') => Promise<OurProcess>,
  openRuns: number,
  say: (text: string) => void,
): Promise<OpenRunFigures> {
  const ingress = await start('ingress');
  const worker = await start('worker');
  const ingressMiB = { before: residentMiB(ingress.pid), after: Number.NaN };
  const workerMiB = { before: residentMiB(worker.pid), after: Number.NaN };
  let taken = 0;
  await atOnce(openRuns, CONCURRENCY, async () => {
    await ingress.post({ text: TEXT });
    taken += 1;
    if (taken % 2500 === 0) say(`${taken} open`);
  });
  ingressMiB.after = residentMiB(ingress.pid);
  workerMiB.after = residentMiB(worker.pid);
  return { openRuns, ingressMiB, workerMiB, workerReadyMs: worker.startedAfterMs };
}
