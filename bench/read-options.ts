import { parseArgs } from 'node:util';

/** What `npm run bench -- …` was asked for. */
export interface BenchOptions {
  readonly quick: boolean;
  /** A Temporal server of somebody's, `host:port`. */
  readonly against: string | undefined;
  /** Where its report is written as well. */
  readonly out: string | undefined;
}

/** Ends the process with 2 and a line on what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean', default: false }, against: { type: 'string' }, out: { type: 'string' } },
    });
    const { quick, against, out } = values;
    if (out !== undefined && against === undefined) throw new Error('--out belongs to --against');
    if (against !== undefined && !/^\S+:\d+$/.test(against)) {
      throw new Error(`--against takes host:port, such as localhost:7233, and got "${against}"`);
    }
    return { quick, against, out };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\nusage: npm run bench -- [--quick] [--against host:port [--out report.md]]\n`);
    return process.exit(2);
  }
}
