import type { Load } from './send-load.ts';

/** What a load came to, in figures. */
export interface LoadFigures {
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  /** Milliseconds of accepted tasks. */
  readonly accepted: Percentiles;
  /** Milliseconds of refused ones. */
  readonly refused: Percentiles;
  /** Answers by status and code, the most frequent first. */
  readonly refusals: readonly (readonly [string, number])[];
  /** Without an answer. */
  readonly broken: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Loads of one kind as one. */
export function joinLoads(loads: readonly Load[]): Load {
  return {
    seconds: loads.reduce((sum, { seconds }) => sum + seconds, 0),
    answers: loads.flatMap(({ answers }) => answers),
    heldBack: loads.reduce((sum, { heldBack }) => sum + heldBack, 0),
  };
}

export function judgeLoad({ seconds, answers }: Load): LoadFigures {
  const accepted = answers.filter(({ status }) => status === 202);
  const refused = answers.filter(({ status }) => status !== 202 && status !== 0);
  const counts = new Map<string, number>();
  for (const { status, code } of refused) {
    const name = `${status} ${code}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return {
    offeredPerSecond: answers.length / seconds,
    acceptedPerSecond: accepted.length / seconds,
    accepted: percentiles(accepted.map(({ milliseconds }) => milliseconds)),
    refused: percentiles(refused.map(({ milliseconds }) => milliseconds)),
    refusals: [...counts].toSorted(([, one], [, other]) => other - one),
    broken: answers.length - accepted.length - refused.length,
  };
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
