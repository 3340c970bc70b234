import { cpus, totalmem } from 'node:os';
import { median, percentile } from './measure.ts';
import type { Pairs } from './comparisons.ts';

/** A line of the report: what, ours, theirs, and the ratio round by round. */
export interface Row {
  readonly what: string;
  readonly pairs: Pairs;
  readonly digits?: number;
}

/** Ratios of one round to the other side's, which hold when the machine's speed drifts. */
function ratios({ ours, theirs }: Pairs): number[] {
  return ours.map((value, index) => value / (theirs[index] ?? Number.NaN));
}

/** A Markdown table of medians, with the median ratio and its range. */
export function table(heading: readonly [string, string, string], rows: readonly Row[]): string {
  const lines = rows.map(({ what, pairs, digits = 1 }) => {
    const all = ratios(pairs);
    const range = `${percentile(all, 0).toFixed(2)}–${percentile(all, 1).toFixed(2)}`;
    const cells = [median(pairs.ours).toFixed(digits), median(pairs.theirs).toFixed(digits)];
    return `| ${what} | ${cells.join(' | ')} | ${median(all).toFixed(2)} (${range}) |`;
  });
  return [`| ${heading.join(' | ')} | ratio (range) |`, '| --- | ---: | ---: | ---: |', ...lines].join('\n');
}

/** The machine and the versions that the figures were taken with. */
export function machine(temporalVersion: string): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `- ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${process.platform} ${process.arch}`,
    `- Node ${process.versions.node}, Temporal CLI ${temporalVersion}, Temporal TypeScript SDK 1.24.0`,
    `- taken on ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}
