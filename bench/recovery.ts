/**
 * `npm run bench:recovery`: how long runs wait after a `kill -9` of worker, ingress, agent or Temporal, by the proof of `npm run test:crash`:
 * at a steady rate, and with 200 webhooks at once. Twenty kills and eight, five minutes; with `-- --quick` four, which are printed alone. Writes
 * docs/benchmarks/recovery.md. Exit code 1: a run was lost or doubled, or one waited longer than the page promises.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { prove } from '../test/crash/prove.ts';
import { isRecovered, type Load, renderRecovery } from './render-recovery.ts';
import { machine } from './report.ts';

const PAGE = 'docs/benchmarks/recovery.md';
const quick = process.argv.includes('--quick');
const LOADS = [
  { name: 'Steady', perSecond: 8, runsPerKill: 64, kills: quick ? 4 : 20 },
  { name: 'All at once', runsPerKill: quick ? 50 : 200, kills: quick ? 4 : 8 },
];

const before = loadavg()[0] ?? Number.NaN;
const loads: Load[] = [];
for (const load of LOADS) {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-recovery-'));
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(18)}${text}\n`);
    const plan = { ...load, seed: Math.floor(Math.random() * 1e6) };
    const result = await prove(plan, { folder, ends, say, print: (text) => void process.stdout.write(text) });
    loads.push({ ...load, ...result });
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}
const cli = await findTemporalCli({ env: process.env });
const where = `${machine(cli.version)}\n- load average before the start: ${before.toFixed(1)}`;
const page = await format(renderRecovery(loads, where), { ...(await resolveConfig(PAGE)), filepath: PAGE });
process.stdout.write(`\n${page}`);
if (!quick) {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, page);
}
if (!loads.every(isRecovered)) process.exitCode = 1;
process.exit();
