/**
 * `npm run bench:recovery`: how long runs wait after a `kill -9` of worker, ingress, agent or Temporal, by the proof of `npm run test:crash`:
 * at a steady rate, with 200 webhooks at once, and with a Temporal that stays away. Twenty kills, eight and six, eight minutes; with `-- --quick` four of each, which are printed alone. Writes
 * docs/benchmarks/recovery.md. Exit code 1: a run was lost or doubled, or one waited longer than the page promises.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { prove } from '../test/crash/prove.ts';
import { isRecovered, type Load, type LoadPlan, renderRecovery } from './render-recovery.ts';
import { machine } from './report.ts';

const PAGE = 'docs/benchmarks/recovery.md';
const quick = process.argv.includes('--quick');
const LOADS: readonly LoadPlan[] = [
  { name: 'Steady', perSecond: 8, runsPerKill: 64, kills: quick ? 4 : 20 },
  { name: 'All at once', runsPerKill: quick ? 50 : 200, kills: quick ? 4 : 8 },
  ...[10, 30].map((seconds) => ({
    name: `Temporal is away for ${seconds} s`,
    perSecond: 8,
    runsPerKill: 64,
    kills: quick ? 1 : 3,
    only: 'temporal' as const,
    outageMs: seconds * 1000,
  })),
];

const before = loadavg()[0] ?? Number.NaN;
const loads: Load[] = [];
for (const load of LOADS) {
  const result = await prove({ ...load, seed: Math.floor(Math.random() * 1e6) });
  loads.push({ ...load, ...result });
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
