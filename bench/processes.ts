import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/cli/temporal-server/free-port.ts';
import { stopWithParent } from '../src/cli/temporal-server/stop-with-parent.ts';
import type { Order } from './minimal-process.ts';
import { postWebhook } from './post-webhook.ts';

const SECRET = randomBytes(16).toString('hex');
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** The variables of Temporal's CLI and SDKs that name a server. */
type TemporalEnv = Readonly<Record<string, string>>;

/** A process that is measured. */
interface Measured {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Options of Node, such as those of a profile. */
export interface Profiled {
  readonly nodeArgs?: readonly string[];
}

/** The minimal workflow's process. */
export interface MinimalProcess extends Measured {
  /** How long each took, in milliseconds. */
  order(order: Order): Promise<number[]>;
}

/**
 * Starts it on a server.
 *
 * @param tuning `tuned`: connects and starts as ours does; `plain`: by the SDK's defaults
 */
export async function startMinimal(temporal: TemporalEnv, tuning: 'tuned' | 'plain'): Promise<MinimalProcess> {
  const child = fork(fileURLToPath(new URL('minimal-process.ts', import.meta.url)), [tuning], {
    execArgv: ['--import', 'tsx'],
    env: childEnv(temporal),
  });
  await nextMessage(child);
  return {
    pid: child.pid ?? 0,
    async order(order) {
      const answer = nextMessage(child);
      child.send(order);
      return (await answer) as number[];
    },
    stop: () => stop(child),
  };
}

/** A process that takes webhooks. */
export interface WebhookProcess extends Measured {
  /** Posts a signed task; resolves with the run's id once it is accepted. */
  post(task: object): Promise<string>;
  /** Lets it end by itself, so that it writes its profile. */
  end(): Promise<void>;
}

/** Starts what somebody would write by hand with Koa and the SDK, on a server. */
export function startHandwritten(
  temporal: TemporalEnv,
  peerUrl: string,
  { nodeArgs = [] }: Profiled = {},
): Promise<WebhookProcess> {
  const file = fileURLToPath(new URL('handwritten-process.ts', import.meta.url));
  return takeWebhooks(fork(file, [peerUrl], { execArgv: ['--import', 'tsx', ...nodeArgs], env: childEnv(temporal) }));
}

/** Starts the least that takes webhooks and starts workflows, on a server. */
export function startBareIngress(temporal: TemporalEnv): Promise<WebhookProcess> {
  const file = fileURLToPath(new URL('bare-ingress-process.ts', import.meta.url));
  return takeWebhooks(fork(file, [], { execArgv: ['--import', 'tsx'], env: childEnv(temporal) }));
}

/** A process that tells its port once it takes webhooks, which it does not check. */
async function takeWebhooks(child: ChildProcess): Promise<WebhookProcess> {
  const port = (await nextMessage(child)) as number;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    pid: child.pid ?? 0,
    post: (task) => postWebhook({ port, agent, secret: SECRET }, task),
    async end() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
    async stop() {
      agent.destroy();
      await stop(child);
    },
  };
}

/** Ours, as `start`, `ingress` or `worker` runs it. */
export interface OurProcess extends WebhookProcess {
  readonly startedAfterMs: number;
}

export interface OurOptions extends Profiled {
  readonly command: 'start' | 'ingress' | 'worker';
  readonly temporal: TemporalEnv;
  readonly agentUrl: string;
  readonly taskQueue: string;
  readonly folder: string;
  /** Of its settings and its journal, which it shares with one of the same name that was there before. */
  readonly name?: string;
  /** How many agents may be at work at once; by default as many as the product's own default. */
  readonly agentConcurrency?: number;
}

/** Starts one from the build, with the settings of a production but for addresses and how many agents work at once. */
export async function startOurs(options: OurOptions): Promise<OurProcess> {
  const { command, temporal, agentUrl, taskQueue, folder, agentConcurrency = 64, nodeArgs = [] } = options;
  const { name = randomUUID().slice(0, 8) } = options;
  const [port, adminPort] = [await freePort(), await freePort()];
  const settings = join(folder, `settings-${name}.yaml`);
  writeFileSync(settings, `agents: { garudust: { url: '${agentUrl}', concurrency: ${agentConcurrency} } }\n`);
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, MAIN, command], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...childEnv(temporal),
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(adminPort),
      TEMPORAL_TASK_QUEUE: taskQueue,
      GARUDUST_WEBHOOK_SECRET: SECRET,
      RUNS_API_KEY: SECRET,
      GARUDUST_TEMPORAL_CONFIG: settings,
      CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
      JOURNAL_DIR: join(folder, `journal-${name}`),
      LOG_LEVEL: 'warn',
    },
  });
  stopWithParent(child);
  await untilReady(adminPort, child);
  const startedAfterMs = performance.now() - began;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    pid: child.pid ?? 0,
    startedAfterMs,
    post: (task) => postWebhook({ port, agent, secret: SECRET }, task),
    async end() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
    async stop() {
      agent.destroy();
      await stop(child);
    },
  };
}

/** No setting of whoever runs the benchmark gets into a process that is measured. */
function childEnv(temporal: TemporalEnv): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, ...temporal };
}

async function untilReady(adminPort: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} before it was ready`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(20);
  }
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`it ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
