import type { Payload } from './bare-start.ts';
import { atOnce } from './measure.ts';
import type { MinimalProcess, WebhookProcess } from './processes.ts';
import { TEXT } from './workload.ts';

/** Makes so many starts, so many at once: webhooks to the ingress of this name, or bare starts; returns how long each took, in milliseconds. */
export type MakeStarts<Name extends string> = (
  by: Name | undefined,
  count: number,
  concurrency: number,
) => Promise<number[]>;

/** The function that makes starts by any of these. */
export function makeStartsBy<Name extends string>(
  ingresses: Readonly<Record<Name, WebhookProcess>>,
  minimal: MinimalProcess,
  payload: Payload,
): MakeStarts<Name> {
  return (by, count, concurrency) =>
    by === undefined
      ? minimal.order({ do: 'start', count, concurrency, payload })
      : atOnce(count, concurrency, async () => void (await ingresses[by].post({ text: TEXT })));
}
