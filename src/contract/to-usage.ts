import { toRecord } from '../values/is-record.ts';
import type { Usage } from './run.ts';

const COUNTS = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'iterations', 'calls'] as const;

/** What a value from outside says of its cost: known counts and a price, each of them 0 or more. Undefined where it says nothing. */
export function toUsage(value: unknown): Usage | undefined {
  const given = toRecord(value);
  const { costUsd } = given;
  const usage = {
    ...Object.fromEntries(COUNTS.map((name) => [name, given[name]] as const).filter(([, count]) => isCount(count))),
    ...(typeof costUsd === 'number' && Number.isFinite(costUsd) && costUsd >= 0 && { costUsd }),
  };
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** The sum of what two calls cost. */
export function addUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const names = [...COUNTS, 'costUsd'] as const;
  const sums = names.flatMap((name) =>
    one[name] === undefined && other[name] === undefined
      ? []
      : [[name, (one[name] ?? 0) + (other[name] ?? 0)] as const],
  );
  return Object.fromEntries(sums);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
