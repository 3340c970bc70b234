import { alternate } from './alternate.ts';
import type { Payload } from './bare-start.ts';
import { atOnce, median, percentile } from './measure.ts';
import { BOTH, newPairs, type Pairs } from './pairs.ts';
import type { MinimalProcess, OurProcess } from './processes.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY, TEXT } from './workload.ts';

/** Accepted webhooks against bare starts at the same concurrency. */
export interface StartFigures {
  readonly perSecond: Pairs;
  readonly p50: Pairs;
  readonly p99: Pairs;
}

/** Alternates webhooks to an ingress with bare starts, many at once; no worker takes either. */
export async function compareStarts(
  ingress: OurProcess,
  minimal: MinimalProcess,
  payload: Payload,
  scale: Scale,
): Promise<StartFigures> {
  const figures: StartFigures = { perSecond: newPairs(), p50: newPairs(), p99: newPairs() };
  const sides = {
    ours: (count: number) => atOnce(count, CONCURRENCY, async () => void (await ingress.post({ text: TEXT }))),
    theirs: (count: number) => minimal.order({ do: 'start', count, concurrency: CONCURRENCY, payload }),
  };
  await alternate(1, BOTH, async (side) => void (await sides[side](scale.warmUp)));
  await alternate(scale.rounds, BOTH, async (side) => {
    const began = performance.now();
    const took = await sides[side](scale.starts);
    figures.perSecond[side].push((took.length * 1000) / (performance.now() - began));
    figures.p50[side].push(median(took));
    figures.p99[side].push(percentile(took, 0.99));
  });
  return figures;
}
