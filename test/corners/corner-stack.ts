import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';

import { temporalArgs, untilReady } from '../crash/crash-stack.ts';
import { SupervisedProcess } from '../crash/supervised-process.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { ASKING, CornerApi } from './corner-api.ts';
import { GatedModel } from './gated-model.ts';
import { settledPort } from './settled-port.ts';

/** A client with an agent of its own: `steady` may be called twice, `narrow` serves one task at once, `last` is called once. */
export type Seat = 'steady' | 'narrow' | 'last';

export interface CornerStackOptions {
  /** For the database, the journals and all logs. */
  readonly folder: string;
  /** `main.js` of a build. */
  readonly program: string;
  readonly temporalCli: string;
  /** Whether the worker has the workflow of a team's own, which makes its start slower. */
  readonly withTeam: boolean;
}

/**
 * Temporal, an ingress and a worker as processes, an agent in this one. `lateApi` is a second ingress, whose task queue has no
 * worker until `lateWorker` starts.
 */
export interface CornerStack {
  readonly temporal: SupervisedProcess;
  readonly worker: SupervisedProcess;
  readonly model: GatedModel;
  readonly api: CornerApi;
  readonly lateApi: CornerApi;
  readonly temporalAddress: string;
  /** Between worker and Temporal. */
  readonly proxy: TcpProxy;
  startLateWorker(): SupervisedProcess;
  stopLateWorkers(): Promise<void>;
  /** Resolves when the worker takes tasks. */
  workerReady(): Promise<void>;
  /** All entries of the worker's journal, as one text. */
  readJournal(): string;
  /** What ended although nobody had ended it. */
  endedByItself(): string[];
  stop(): Promise<void>;
}

/** Seconds instead of minutes, and enough of them to bring a run into a state. */
const DELAYS = { agent: '15s', callback: ['1s', ...Array.from({ length: 8 }, () => '15s')], grace: '3s' } as const;
/** The task queues of the worker and of the late worker. */
export const QUEUE = { main: 'corners', late: 'corners-late' } as const;

/** Starts all but the late worker, and waits until runs are taken. */
export async function startCornerStack(options: CornerStackOptions): Promise<CornerStack> {
  const { folder, program, temporalCli, withTeam } = options;
  mkdirSync(folder, { recursive: true });
  const model = new GatedModel();
  const agent = await startFakeGarudust({ model, maxConcurrentRequests: 1000, llmTimeoutMs: 600_000 });
  const [temporalPort, ...ports] = await Promise.all(Array.from({ length: 7 }, () => settledPort()));
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const proxy = await startTcpProxy(temporalAddress);
  const seats: readonly Seat[] = ['steady', 'narrow', 'last'];
  const clients = seats.map((id) => ({
    id,
    webhook_secret: randomBytes(16).toString('hex'),
    api_key: randomBytes(16).toString('hex'),
    agents: [id],
  }));
  const settingsFile = join(folder, 'settings.yaml');
  const plugins = withTeam ? [writeTeam(folder, program)] : [];
  writeFileSync(settingsFile, stringify({ ...settings({ url: agent.url, api_key: agent.apiKey }, plugins), clients }));

  // Nothing of this machine's own settings may get in.
  const bare = { PATH: process.env['PATH'] ?? '', HOME: folder };
  const supervise = (name: string, file: string, args: readonly string[], env: Record<string, string>) =>
    new SupervisedProcess({ name, program: file, args, env, logFile: join(folder, `${name}.log`) });
  const ours = (role: 'ingress' | 'worker', queue: keyof typeof QUEUE, [port, admin]: readonly number[]) => {
    const name = `${queue}-${role}`;
    const journal = join(folder, `${name}-journal`);
    return supervise(name, process.execPath, [program, role], {
      ...bare,
      GARUDUST_TEMPORAL_CONFIG: settingsFile,
      TEMPORAL_ADDRESS: role === 'worker' ? proxy.address : temporalAddress,
      TEMPORAL_TASK_QUEUE: QUEUE[queue],
      HOST: '127.0.0.1',
      PORT: String(port ?? 0),
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(admin ?? 0),
      JOURNAL_DIR: journal,
    });
  };
  const temporal = supervise(
    'temporal',
    temporalCli,
    temporalArgs(temporalPort ?? 0, join(folder, 'temporal.db')),
    bare,
  );
  const [mainPort = 0, mainAdmin = 0, latePort = 0, lateAdmin = 0, workerAdmin = 0, lateWorkerAdmin = 0] = ports;
  const ingress = ours('ingress', 'main', [mainPort, mainAdmin]);
  const lateIngress = ours('ingress', 'late', [latePort, lateAdmin]);
  const worker = ours('worker', 'main', [0, workerAdmin]);
  const lateWorkers: SupervisedProcess[] = [];
  const all = (): SupervisedProcess[] => [ingress, lateIngress, worker, ...lateWorkers, temporal];
  const stop = async (): Promise<void> => {
    const others = all().filter((one) => one !== temporal);
    await Promise.all(others.map((one) => one.stop()));
    await temporal.stop();
    await proxy.close();
    await agent.close();
  };
  for (const one of all()) one.start();
  try {
    for (const port of [mainAdmin, lateAdmin, workerAdmin]) await untilReady(port, all());
  } catch (error) {
    await stop();
    throw error;
  }
  const seatKeys = Object.fromEntries(clients.map(({ id, ...keys }) => [id, keys])) as Record<
    Seat,
    (typeof clients)[0]
  >;
  return {
    temporal,
    worker,
    model,
    api: new CornerApi(`http://127.0.0.1:${mainPort}`, seatKeys),
    lateApi: new CornerApi(`http://127.0.0.1:${latePort}`, seatKeys),
    temporalAddress,
    proxy,
    startLateWorker() {
      const late = ours('worker', 'late', [0, lateWorkerAdmin]);
      lateWorkers.push(late);
      late.start();
      return late;
    },
    async stopLateWorkers() {
      await Promise.all(lateWorkers.map((late) => late.stop()));
    },
    workerReady: () => untilReady(workerAdmin, [worker]),
    readJournal: () => readFolder(join(folder, 'main-worker-journal')),
    endedByItself: () => all().flatMap(({ endedByItself }) => endedByItself),
    stop,
  };
}

function settings(agent: { url: string; api_key: string | undefined }, plugins: readonly string[]): object {
  const plain = { type: 'garudust', ...agent, retry_delay: DELAYS.agent, max_attempts: 2 };
  return {
    agents: { steady: plain, narrow: { ...plain, concurrency: 1 }, last: { ...plain, max_attempts: 1 } },
    callback: { retry_delays: DELAYS.callback, attempt_timeout: '40s', permit_networks: ['127.0.0.0/8'] },
    worker: { shutdown_grace: DELAYS.grace, ...(plugins.length > 0 && { plugins }) },
    sources: {
      [ASKING]: {
        preset: 'generic',
        unsigned: true,
        client: 'steady',
        delivery_id: '{{ event.id }}',
        map: { text: '{{ event.text }}', callback_url: '{{ event.callback_url }}' },
        approval: { required: true, timeout: '1h' },
      },
    },
    limits: { max_streams: 1000, max_streams_per_client: 1000, lists_per_second: 50, lists_per_second_per_client: 50 },
  };
}

/** Writes a team's workflow and the plugin that brings it to the worker. Returns the path of the plugin. */
function writeTeam(folder: string, program: string): string {
  const blocks = pathToFileURL(join(dirname(program), '..', 'workflows', 'index.js')).pathname;
  const workflows = join(folder, 'team-workflows.mjs');
  const schedule = { retryDelaysMs: [1000, 15_000, 15_000, 15_000], attemptTimeoutMs: 40_000 };
  writeFileSync(
    workflows,
    `import { deliverCallback, runAgent } from ${JSON.stringify(blocks)};
export async function askAndTell({ text, url, seat }) {
  const answer = await runAgent(text, { id: 'agent', agent: seat, client: seat, policy: { maxAttempts: 1 } });
  await deliverCallback(answer, { id: 'callback', url, client: seat, schedule: ${JSON.stringify(schedule)} });
  return answer.output;
}
`,
  );
  const plugin = join(folder, 'team-plugin.mjs');
  writeFileSync(
    plugin,
    `import { SimplePlugin } from '@temporalio/plugin';
export default new SimplePlugin({ name: 'team', workflowsPath: ${JSON.stringify(workflows)} });
`,
  );
  return plugin;
}

function readFolder(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return names.map((name) => readFileSync(join(folder, name), { encoding: 'utf8', flag: 'a+' })).join('');
}
