import { median } from './measure.ts';

/** One thing that was measured on both sides, a value a round. */
export interface Pairs {
  readonly ours: number[];
  readonly theirs: number[];
}

/** Both, in the order of the first round. */
export const BOTH = ['ours', 'theirs'] as const;

export function newPairs(): Pairs {
  return { ours: [], theirs: [] };
}

/** Ours by theirs, round by round: that holds when the machine's speed drifts. */
export function ratios({ ours, theirs }: Pairs): number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
}

/** Ours less theirs, round by round. */
export function differences({ ours, theirs }: Pairs): number[] {
  return ours.map((value, round) => value - (theirs[round] ?? Number.NaN));
}

export function medianRatio(pairs: Pairs): number {
  return median(ratios(pairs));
}

export function medianDifference(pairs: Pairs): number {
  return median(differences(pairs));
}
