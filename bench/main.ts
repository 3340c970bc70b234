/**
 * `npm run bench [-- --quick]`: measures webhooks, runs and memory against what Temporal itself costs, alternating both
 * sides in one run on one server, and writes docs/benchmarks.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { compareRuns, compareStarts, measureLoad } from './comparisons.ts';
import { median, percentile } from './measure.ts';
import { startPeer } from './peer.ts';
import { startMinimal, startOurs } from './processes.ts';
import { machine, table } from './report.ts';
import { SCALES } from './scale.ts';
import { startOurServer, startShippedServer } from './servers.ts';

const FILE = new URL('../docs/benchmarks.md', import.meta.url);
const scale = process.argv.includes('--quick') ? SCALES.quick : SCALES.full;
const began = performance.now();
const say = (text: string): void =>
  void process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-bench-'));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say(message) });
  say('starting servers and processes');
  const server = await startOurServer(cli.path, folder);
  ends.push(() => server.stop());
  const shipped = await startShippedServer(cli.path, folder);
  ends.push(() => shipped.stop());
  const peer = await startPeer();
  ends.push(() => peer.close());
  const common = { address: server.address, agentUrl: peer.url, folder };
  const minimal = await startMinimal(server.address);
  ends.push(() => minimal.stop());
  const minimalShipped = await startMinimal(shipped.address);
  ends.push(() => minimalShipped.stop());
  const ours = await startOurs({ ...common, command: 'start', taskQueue: 'ours' });
  ends.push(() => ours.stop());

  say('whole runs, against a minimal workflow with equal settings');
  const equal = await compareRuns({ ours, peer, minimal, ourEngine: server.pid, theirEngine: server.pid }, scale);
  say('whole runs, against a minimal workflow on a server as shipped');
  const sides = { ours, peer, minimal: minimalShipped, ourEngine: server.pid, theirEngine: shipped.pid };
  const plain = await compareRuns(sides, scale);
  const cost = await eventsAndWrites(server.address, await ours.post({ text: 'x', callback_url: `${peer.url}/c` }));

  say('accepted webhooks, against bare starts');
  const ingress = await startOurs({ ...common, command: 'ingress', taskQueue: 'nobody-takes-these' });
  ends.push(() => ingress.stop());
  const starts = await compareStarts(ingress, minimal, scale);
  say(`the 202 with ${scale.slowRuns} slow agents, and memory with ${scale.openRuns} open runs`);
  const load = await measureLoad(ours, peer, scale);
  say('start-up of a worker');
  const worker = await startOurs({ ...common, command: 'worker', taskQueue: 'start-up' });
  ends.push(() => worker.stop());

  const text = `# Benchmarks

Written by \`npm run bench${scale.name === 'quick' ? ' -- --quick' : ''}\` (${((performance.now() - began) / 1000).toFixed(0)} s). Both sides of a comparison alternate in one run; quote
ratios, for absolute figures are this machine's.

${machine(cli.version)}

## Whole runs

From the signed webhook to the delivered callback, agent and receiver over HTTP, in one process (\`start\`), against a
workflow of two activities that do nothing, from its start to its result.

With equal server settings (${scale.rounds} rounds of ${scale.runs} runs at 32 open, then 5 a second):

${table(['', 'ours', 'minimal'], runRows(equal))}

Against the minimal workflow on a dev server as shipped:

${table(['', 'ours', 'minimal, server as shipped'], runRows(plain))}

A run has ${cost.events} history events and ${cost.writes} writes of state.

## Accepted webhooks

An ingress of its own against bare \`client.workflow.start\` with the same text, 32 at once, nobody taking the runs:

${table(
  ['', 'webhooks', 'bare starts'],
  [
    { what: 'per second', pairs: starts.perSecond, digits: 0 },
    { what: 'p50, ms', pairs: starts.p50 },
    { what: 'p99, ms', pairs: starts.p99 },
  ],
)}

One process with ingress and worker, 20 webhooks a second: the 202 takes ${ms(load.idle, 0.5)} ms at the median (p99 ${ms(load.idle, 0.99)} ms) idle,
and ${ms(load.loaded, 0.5)} ms (p99 ${ms(load.loaded, 0.99)} ms) while ${scale.slowRuns} slow agents work.

## Memory and start-up

- ${load.memoryMiB.toFixed(0)} MiB resident with ${load.openRuns} runs open, ingress and worker in one process
- a worker takes tasks ${(worker.startedAfterMs / 1000).toFixed(1)} s after its start
`;
  writeFileSync(FILE, text);
  process.stdout.write(`\n${text}\nwritten to docs/benchmarks.md\n`);
} finally {
  for (const end of ends.toReversed()) await end();
}
process.exit();

function runRows(figures: Awaited<ReturnType<typeof compareRuns>>): Parameters<typeof table>[1] {
  return [
    { what: 'runs per second at 32 open', pairs: figures.perSecond },
    { what: 'end to end at 5/s, p50 ms', pairs: figures.latencyP50 },
    { what: 'CPU of the engine, ms per run', pairs: figures.engineCpuMs },
    { what: 'CPU of the process, ms per run', pairs: figures.processCpuMs },
  ];
}

function ms(values: readonly number[], share: number): string {
  return (share === 0.5 ? median(values) : percentile(values, share)).toFixed(1);
}

async function eventsAndWrites(address: string, runId: string): Promise<{ events: number; writes: string }> {
  const connection = await Connection.connect({ address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(runId);
    await handle.result();
    const { historyLength, raw } = await handle.describe();
    return { events: historyLength, writes: String(raw.workflowExecutionInfo?.stateTransitionCount) };
  } finally {
    await connection.close();
  }
}
