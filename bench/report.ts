import { cpus, totalmem } from 'node:os';
import { median, percentile } from './measure.ts';
import { differences, type Pairs, ratios } from './pairs.ts';

/** A line of the report: what, ours, theirs, and both compared round by round. */
export interface Row {
  readonly what: string;
  readonly pairs: Pairs;
  readonly digits?: number;
}

/**
 * A Markdown table of medians, with the median comparison and its range over the rounds.
 *
 * @param by what is said of both: ours divided by theirs, or ours less theirs
 */
export function table(
  heading: readonly [ours: string, theirs: string],
  rows: readonly Row[],
  by: 'ratio' | 'difference' = 'ratio',
): string {
  const lines = rows.map(({ what, pairs, digits = 1 }) => {
    const all = by === 'ratio' ? ratios(pairs) : differences(pairs);
    const [middle, least, most] = [median(all), percentile(all, 0), percentile(all, 1)].map((value) =>
      by === 'ratio' ? value.toFixed(2) : signed(value, digits),
    );
    const range = all.length > 1 ? ` (${least} to ${most})` : '';
    const cells = [what, median(pairs.ours).toFixed(digits), median(pairs.theirs).toFixed(digits)];
    return `| ${cells.join(' | ')} | ${middle}${range} |`;
  });
  return [`|  | ${heading.join(' | ')} | ${by} (range) |`, '| --- | ---: | ---: | ---: |', ...lines].join('\n');
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

function signed(value: number, digits: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}
