import type { Usage } from '../contract/run.ts';

/** What the steps of this workflow have cost. A module is loaded for each workflow execution. */
let total: Usage | undefined;

/** Counts what the answer of an agent has cost. */
export function addSpent(usage: Usage | undefined): void {
  if (usage === undefined) return;
  const sums: Record<string, number> = { ...total };
  for (const [name, count] of Object.entries(usage)) sums[name] = (sums[name] ?? 0) + count;
  total = sums;
}

/** The sum of what the agents of this workflow reported; undefined where they reported nothing. */
export function spent(): Usage | undefined {
  return total;
}
