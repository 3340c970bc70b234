/**
 * `npm run bench`: measures webhooks, runs and memory against what Temporal itself costs, alternating both sides in one
 * run on one server, on the dev server and on PostgreSQL, and writes docs/benchmarks.md. With `-- --quick` a few samples, which
 * are printed alone. With `-- --against <address>` a Temporal server of anybody's: see bench/against.ts. Exit code 0 even
 * where a goal is missed or PostgreSQL is not there: the page says so. 1: something failed. 2: a wrong option.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { measureAgainst } from './against.ts';
import { devEngine } from './dev-engine.ts';
import { EngineMissingError } from './engine.ts';
import { formerGoalTable, goalTable } from './goals.ts';
import { measureBareHttp } from './measure-bare-http.ts';
import { type EngineFigures, measureEngine } from './measure-engine.ts';
import { postgresEngine } from './postgres-engine.ts';
import { renderEngine } from './render-engine.ts';
import { machine } from './report.ts';
import { readOptions } from './read-options.ts';
import { SCALES } from './scale.ts';

const PAGE = 'docs/benchmarks.md';
const options = readOptions(process.argv.slice(2));
const scale = options.quick ? SCALES.quick : SCALES.full;
if (options.against !== undefined) {
  await measureAgainst({ ...options, address: options.against, scale });
  process.exit();
}
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(0);
const say = (text: string): void => void process.stdout.write(`${seconds().padStart(4)} s  ${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-bench-'));

/** What could not be measured, and why. */
const missing: string[] = [];
const notMeasured = (text: string): void => {
  missing.push(text);
  say(`NOT MEASURED: ${text}`);
};

try {
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say(message) });
  say('bare HTTP');
  const bareHttpMs = await measureBareHttp();
  const engines: EngineFigures[] = [
    await measureEngine(devEngine(cli, folder), { folder, scale, say, withShipped: true, withOpenRuns: true }),
  ];
  try {
    const engine = await postgresEngine(say);
    const withShipped = scale.shippedPostgres;
    engines.push(await measureEngine(engine, { folder, scale, say, withShipped, withOpenRuns: false }));
    if (!withShipped) notMeasured('PostgreSQL against a server as shipped: `--quick` has no time for it');
  } catch (error) {
    // What was measured until now is not lost with it.
    notMeasured(`PostgreSQL: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof EngineMissingError)) process.exitCode = 1;
  }
  const page = await format(
    `# Benchmarks

Written by \`npm run bench\` in ${seconds()} s. Both sides of a comparison take turns in one run; quote ratios, which are the
median of the rounds, for absolute figures are this machine's.${scale.name === 'quick' ? ' This was a quick run, of a few samples: it says little.' : ''}

${machine(cli.version)}

A whole run of ours goes from the signed webhook to the callback at its receiver, with the agent asked over HTTP, ingress and
worker in one process (\`start\`). What it is compared with is a minimal workflow of two activities that do nothing, from its
start to its result, client and worker in one process; and, like for like, a process that somebody would write by hand. Sender, agent and receiver are in another process than those measured.

What one agent's backlog, receivers that never answer and too many tasks do to the others is measured apart:
[agents](benchmarks/agents.md), [attacks](benchmarks/attacks.md), [isolation](benchmarks/isolation.md), [overload](benchmarks/overload.md); what a \`kill -9\` does, in [recovery](benchmarks/recovery.md). What the process spends its CPU on is in
[process](benchmarks/process.md), how many runs a machine completes and how to measure your own in [capacity](capacity.md).

## Goals

Median of the rounds and their range. Goals of other benchmarks stand on their own pages.

${goalTable(engines)}

Until this version other goals stood here. They are kept beside those that replaced them, with the figures of this run:

${formerGoalTable(engines)}

${missing.map((text) => `**Not measured:** ${text}.`).join('\n\n')}

${engines.map((figures) => renderEngine(figures, scale, bareHttpMs)).join('\n\n')}
`,
    { ...(await resolveConfig(PAGE)), filepath: PAGE },
  );
  process.stdout.write(`\n${page}`);
  if (scale.name === 'full') {
    writeFileSync(new URL(`../${PAGE}`, import.meta.url), page);
    process.stdout.write(`\nwritten to ${PAGE}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
