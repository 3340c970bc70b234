import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { highestHeld, type Step, stepLoad } from './capacity/step-load.ts';
import { CAPACITY_SCALES } from './capacity/scales.ts';
import { markdownTable } from '../scripts/docs/markdown-table.ts';
import { measureWholeRuns, type WholeRuns } from './measure-whole-runs.ts';
import { medianDifference } from './pairs.ts';
import { type Peer, startPeer } from './peer.ts';
import { type OurProcess, startMinimal, startOurs } from './processes.ts';
import { runTable } from './render-engine.ts';
import type { Scale } from './scale.ts';
import type { BenchServer } from './servers.ts';
import { CONCURRENCY, RATE, TEXT } from './workload.ts';

interface Options {
  readonly address: string;
  readonly scale: Scale;
  readonly out: string | undefined;
}

/**
 * Measures whole runs on somebody's own Temporal server, then at rising rates until they wait. Prints a report, and writes it
 * where it is asked for; writes no page of ours. The namespace needs our search attributes (`garudust-temporal setup`).
 *
 * @throws Error where the server can't be reached, or refuses
 */
export async function measureAgainst({ address, scale, out }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-bench-'));
  const server = await findServer(address);
  const peer = await startPeer();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    say(`whole runs on ${address}`);
    const taskQueue = 'garudust-bench';
    const [ours, minimal] = await Promise.all([
      startOurs({ temporal: server.env, agentUrl: peer.url, folder, taskQueue, command: 'start' }),
      startMinimal(server.env, 'tuned'),
    ]);
    try {
      const runs = await measureWholeRuns({ server, ours, minimal, peer, scale });
      say('rising rates');
      const steps = await stepLoad(wholeRun(ours, peer), CAPACITY_SCALES[scale.name].load, say);
      const report = render(server, runs, steps, scale);
      process.stdout.write(report);
      if (out !== undefined) writeFileSync(out, report);
    } finally {
      await Promise.all([ours.stop(), minimal.stop()]);
    }
  } finally {
    peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function wholeRun(ours: OurProcess, peer: Peer): () => Promise<void> {
  return async () => peer.callbackOf(await ours.post({ text: TEXT, callback_url: `${peer.url}/callback` }));
}

/** What is known of a server that somebody else runs. */
interface OthersServer extends BenchServer {
  readonly version: string;
  readonly namespace: string;
}

/** Asks it for its version, by the variables of Temporal's CLI; the address is the one that was given. */
async function findServer(address: string): Promise<OthersServer> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('TEMPORAL_') || value === undefined) continue;
    // Ours runs in another folder.
    env[name] = /_PATH$|^TEMPORAL_CONFIG_FILE$|_FILE$/.test(name) ? resolve(value) : value;
  }
  env['TEMPORAL_ADDRESS'] = address;
  const keyFile = env['TEMPORAL_API_KEY_FILE'];
  // The SDK's own settings know the key alone.
  if (keyFile !== undefined) {
    env['TEMPORAL_API_KEY'] = readFileSync(keyFile, 'utf8').trim();
    delete env['TEMPORAL_API_KEY_FILE'];
  }
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars: env });
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '10 s' });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return {
      address,
      namespace,
      env,
      version: serverVersion ?? 'of unknown version',
      metricsUrl: '',
      cpuMs: () => Number.NaN,
      stop: () => Promise.resolve(),
    };
  } finally {
    await connection.close();
  }
}

function render(
  { address, version, namespace }: OthersServer,
  runs: WholeRuns,
  steps: readonly Step[],
  scale: Scale,
): string {
  const held = highestHeld(steps);
  const [cpu] = cpus();
  return `# garudust-temporal on ${address}

Temporal Server ${version}, namespace ${namespace}. Ingress, worker, agent, receiver and sender on ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.

- **At most ${Math.max(...steps.map(({ endedPerSecond }) => endedPerSecond)).toFixed(0)} runs a second end; the highest steady rate that did not wait is ${Number.isNaN(held) ? `below ${steps[0]?.offeredPerSecond ?? 0}` : held}/s.**
- The process of ours needs ${medianDifference(runs.alike.processCpuMs).toFixed(1)} ms of CPU a run more than one that is written by hand.

## Load

Runs that come at a rate, from the webhook to the callback:

${markdownTable(
  ['come a second', 'end a second', 'p50, ms', 'p99, ms'],
  steps.map(({ offeredPerSecond, endedPerSecond, p50, p99 }) =>
    [offeredPerSecond, endedPerSecond.toFixed(1), p50.toFixed(0), p99.toFixed(0)].map(String),
  ),
)}

## Beside others

In turn, ${scale.rounds} rounds of ${scale.runs} runs at ${CONCURRENCY} open, then of ${scale.latencySeconds} s at ${RATE} a second. A minimal workflow of two activities that do nothing:

${runTable(['ours', 'minimal'], runs.equal, { withEngine: false })}

A process that is written by hand with Koa and the SDK alone, which takes the same webhook, asks the same agent and posts the same callback:

${runTable(['ours', 'by hand'], runs.alike, { withEngine: false })}
`;
}
