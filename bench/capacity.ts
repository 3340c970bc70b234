/**
 * `npm run bench:capacity`: runs a second by processors and store, and what a `kill -9` of the worker does to them. Writes
 * docs/capacity.md and its figures; with `-- --quick` it prints what it would write. Five minutes.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import type { Capacity } from './capacity/measure-capacity.ts';
import type { Answer } from './capacity/measure-process.ts';
import type { Recovery } from './capacity/measure-recovery.ts';
import { type Measurement, renderCapacity } from './capacity/render-capacity.ts';
import { machine } from './report.ts';

const PAGE = 'docs/capacity.md';
const quick = process.argv.includes('--quick');
const STORES = { dev: 'Dev server, SQLite file', postgres: 'PostgreSQL' } as const;
/** Where Linux lets a process choose its processors. */
const CORES = [...new Set([1, 2, availableParallelism()])].filter((count) => count <= availableParallelism());

/** @param cores on which everything runs, the sender too */
async function measure(kind: keyof typeof STORES, what: 'load' | 'recovery', cores: number): Promise<Answer> {
  process.stdout.write(`${STORES[kind]}, ${what}, ${cores} cores\n`);
  const args = [kind, what, quick ? 'quick' : 'full'];
  const child = fork(fileURLToPath(new URL('capacity/measure-process.ts', import.meta.url)), args, {
    execPath: 'taskset',
    execArgv: ['--cpu-list', `0-${cores - 1}`, process.execPath, '--import', 'tsx'],
  });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the measurement ended with ${code}`)));
  const [answer] = (await Promise.race([once(child, 'message'), failed])) as [Answer];
  failed.catch(() => undefined);
  return answer;
}

const before = loadavg()[0] ?? Number.NaN;
const loads: Measurement[] = [];
const missing: string[] = [];
for (const kind of Object.keys(STORES) as (keyof typeof STORES)[]) {
  for (const cores of CORES.toReversed()) {
    const answer = await measure(kind, 'load', cores);
    if ('missing' in answer) missing.push(`${STORES[kind]}: ${answer.missing}`);
    else loads.push({ store: STORES[kind], cores, capacity: answer.measured as Capacity });
  }
}
const recovery = await measure('dev', 'recovery', availableParallelism());
if ('missing' in recovery) throw new Error(recovery.missing);
const cli = await findTemporalCli({ env: process.env });
const rendered = renderCapacity({
  loads,
  recovery: recovery.measured as Recovery,
  missing,
  quick,
  where: `${machine(cli.version)}\n- load average before the start: ${before.toFixed(1)}`,
});
const page = await format(rendered.page, { ...(await resolveConfig(PAGE)), filepath: PAGE });
const folder = quick ? 'node_modules/.cache/bench' : '.';
for (const [file, content] of [[PAGE, page], ...Object.entries(rendered.images)] as const) {
  mkdirSync(`${folder}/docs/images`, { recursive: true });
  writeFileSync(`${folder}/${file}`, content);
  process.stdout.write(`wrote ${folder}/${file}\n`);
}
process.exit();
