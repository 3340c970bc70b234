import { alternate } from './alternate.ts';
import { makeStartsBy } from './make-starts.ts';
import { median, percentile } from './measure.ts';
import type { Pairs } from './pairs.ts';
import type { MinimalProcess, WebhookProcess } from './processes.ts';
import type { Scale } from './scale.ts';

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
  const makeStarts = makeStartsBy(ingresses, minimal, 'same');
  const all = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
  const medians = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
  await alternate(10, sides, async (side) => void (await makeStarts(side, 1, 1)));
  for (let round = 0; round < scale.rounds; round += 1) {
    const took = new Map<Name | undefined, number[]>(sides.map((side) => [side, []]));
    await alternate(scale.answers, sides, async (side) => void took.get(side)?.push(...(await makeStarts(side, 1, 1))));
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
