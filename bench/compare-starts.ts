import { alternate } from './alternate.ts';
import type { Payload } from './bare-start.ts';
import { makeStartsBy } from './make-starts.ts';
import { median, percentile } from './measure.ts';
import { newPairs, type Pairs } from './pairs.ts';
import type { MinimalProcess, WebhookProcess } from './processes.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY } from './workload.ts';

/** Accepted webhooks against bare starts at the same concurrency. */
export interface StartFigures {
  readonly perSecond: Pairs;
  readonly p50: Pairs;
  readonly p99: Pairs;
}

/**
 * Alternates webhooks to each ingress with bare starts, many at once; no worker takes any of them.
 *
 * @returns the figures of each ingress
 */
export async function compareStarts<Name extends string>(
  ingresses: Readonly<Record<Name, WebhookProcess>>,
  minimal: MinimalProcess,
  payload: Payload,
  scale: Scale,
): Promise<Record<Name, StartFigures>> {
  const names = Object.keys(ingresses) as Name[];
  const figures = Object.fromEntries(
    names.map((name): [string, StartFigures] => [name, { perSecond: newPairs(), p50: newPairs(), p99: newPairs() }]),
  ) as Record<Name, StartFigures>;
  const sides = [undefined, ...names];
  const makeStarts = makeStartsBy(ingresses, minimal, payload);
  for (const name of sides) await makeStarts(name, scale.warmUp, CONCURRENCY);
  await alternate(scale.rounds, sides, async (name) => {
    const began = performance.now();
    const took = await makeStarts(name, scale.starts, CONCURRENCY);
    const perSecond = (took.length * 1000) / (performance.now() - began);
    // Each ingress is compared with the bare starts of the same rounds.
    for (const each of name === undefined ? names : [name]) {
      const side = name === undefined ? 'theirs' : 'ours';
      figures[each].perSecond[side].push(perSecond);
      figures[each].p50[side].push(median(took));
      figures[each].p99[side].push(percentile(took, 0.99));
    }
  });
  return figures;
}
