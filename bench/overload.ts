/**
 * What happens when far more comes than can be done: `npm run bench:overload`. Loopback only, some seven minutes; with
 * `-- --quick` one. Prints tables and, unless it was quick, writes docs/benchmarks/overload.md; exit code 1 when a promise of the page does not hold.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { percentiles } from './overload/judge-load.ts';
import type { Ends } from './overload/measure-ends.ts';
import type { Taking } from './overload/measure-taking.ts';
import { type Promises, renderReport } from './overload/render-report.ts';
import type { Command } from './overload/start-process.ts';

const PAGE = 'docs/benchmarks/overload.md';
/** By what runs on the machine. */
const PROCESSES: Readonly<Record<string, readonly Command[]>> = {
  'one process': ['start'],
  'two processes': ['ingress', 'worker'],
};

const quick = process.argv.includes('--quick');

function judge({ ratios, overload, memory }: Taking, ends: readonly Ends[]): Promises {
  const all = [overload, ...ends.map(({ load }) => load)];
  return {
    goodput: percentiles(ratios).p50 >= 0.95,
    formerGoodput: percentiles(ratios).p50 >= 0.9,
    quickRefusals: all.every(({ refused }) => !(refused.max >= 3000)),
    flatMemory: memory.last <= memory.first * 1.15,
    nothingBroken: all.every(({ broken }) => broken === 0),
    answersGoOn: ends.every((of) => percentiles(of.ratios).p50 >= 0.85),
    nothingLost: ends.every(({ lost }) => lost === 0),
  };
}

async function measure<T>(commands: readonly Command[]): Promise<T> {
  const child = fork(
    fileURLToPath(new URL('overload/measure-process.ts', import.meta.url)),
    [quick ? 'quick' : 'full', ...commands],
    {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
    },
  );
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the measurement ended with ${code}`)));
  const [measured] = (await Promise.race([once(child, 'message'), failed])) as [T];
  return measured;
}

/** What others do on this machine. */
const before = loadavg()[0] ?? Number.NaN;
const ends = new Map<string, Ends>();
for (const [name, commands] of Object.entries(PROCESSES)) ends.set(name, await measure<Ends>(commands));
const taking = await measure<Taking>(['ingress']);
const promises = judge(taking, [...ends.values()]);
const report = renderReport({ taking, ends, promises, load: [before, loadavg()[0] ?? Number.NaN] });
process.stdout.write(`${report.tables}\n\n`);
if (!quick) {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, await format(report.page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  process.stdout.write(`wrote ${PAGE}\n`);
}
if (Object.values(promises).includes(false)) process.exitCode = 1;
