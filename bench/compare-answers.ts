import { alternate } from './alternate.ts';
import { atOnce, median, percentile } from './measure.ts';
import type { Pairs } from './pairs.ts';
import type { MinimalProcess, WebhookProcess } from './processes.ts';
import type { Scale } from './scale.ts';
import { TEXT } from './workload.ts';

/** How long a 202 takes against a bare start of the same payload, each alone, in milliseconds. */
export interface AnswerFigures {
  /** A median a round. */
  readonly p50: Pairs;
  /** Of all rounds together: one alone has too few. */
  readonly p99: Pairs;
}

/**
 * Posts one webhook to each ingress, starts one workflow, and so on: never two at once.
 *
 * @returns the figures of each ingress
 */
export async function compareAnswers<Name extends string>(
  ingresses: Readonly<Record<Name, WebhookProcess>>,
  minimal: MinimalProcess,
  scale: Scale,
): Promise<Record<Name, AnswerFigures>> {
  const names = Object.keys(ingresses) as Name[];
  const sides = [undefined, ...names];
  const one = (name: Name | undefined): Promise<number[]> =>
    name === undefined
      ? minimal.order({ do: 'start', count: 1, concurrency: 1, payload: 'same' })
      : atOnce(1, 1, async () => void (await ingresses[name].post({ text: TEXT })));
  const all = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
  const medians = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
  await alternate(10, sides, async (side) => void (await one(side)));
  for (let round = 0; round < scale.rounds; round += 1) {
    const took = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
    await alternate(scale.answers, sides, async (side) => void took.get(side)?.push(...(await one(side))));
    for (const [side, times] of took) {
      medians.get(side)?.push(median(times));
      all.get(side)?.push(...times);
    }
  }
  const pairs = (of: ReadonlyMap<Name | undefined, number[]>, name: Name): Pairs => ({
    ours: of.get(name) ?? [],
    theirs: of.get(undefined) ?? [],
  });
  const p99 = new Map([...all].map(([side, times]) => [side, [percentile(times, 0.99)]]));
  return Object.fromEntries(
    names.map((name): [string, AnswerFigures] => [name, { p50: pairs(medians, name), p99: pairs(p99, name) }]),
  ) as Record<Name, AnswerFigures>;
}
