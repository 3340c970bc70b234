import { alternate } from './alternate.ts';
import { atOnce, median, percentile } from './measure.ts';
import { BOTH, newPairs, type Pairs } from './pairs.ts';
import type { MinimalProcess, OurProcess } from './processes.ts';
import type { Scale } from './scale.ts';
import { TEXT } from './workload.ts';

/** How long a 202 takes against a bare start of the same payload, each alone, in milliseconds. */
export interface AnswerFigures {
  /** A median a round. */
  readonly p50: Pairs;
  /** Of all rounds together: one alone has too few. */
  readonly p99: Pairs;
}

/** Posts one webhook, starts one workflow, and so on: never two at once. */
export async function compareAnswers(
  ingress: OurProcess,
  minimal: MinimalProcess,
  scale: Scale,
): Promise<AnswerFigures> {
  const one = {
    ours: () => atOnce(1, 1, async () => void (await ingress.post({ text: TEXT }))),
    theirs: () => minimal.order({ do: 'start', count: 1, concurrency: 1, payload: 'same' }),
  };
  const all = newPairs();
  const p50 = newPairs();
  await alternate(10, BOTH, async (side) => void (await one[side]()));
  for (let round = 0; round < scale.rounds; round += 1) {
    const took = newPairs();
    await alternate(scale.answers, BOTH, async (side) => void took[side].push(...(await one[side]())));
    for (const side of BOTH) {
      p50[side].push(median(took[side]));
      all[side].push(...took[side]);
    }
  }
  return { p50, p99: { ours: [percentile(all.ours, 0.99)], theirs: [percentile(all.theirs, 0.99)] } };
}
