import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
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

/** A process that is measured. */
interface Measured {
  readonly pid: number;
  stop(): Promise<void>;
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
export async function startMinimal(address: string, tuning: 'tuned' | 'plain'): Promise<MinimalProcess> {
  const child = fork(fileURLToPath(new URL('minimal-process.ts', import.meta.url)), [address, tuning], {
    execArgv: ['--import', 'tsx'],
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
}

/** Starts what somebody would write by hand with Koa and the SDK, on a server. */
export async function startHandwritten(address: string, peerUrl: string): Promise<WebhookProcess> {
  const child = fork(fileURLToPath(new URL('handwritten-process.ts', import.meta.url)), [address, peerUrl], {
    execArgv: ['--import', 'tsx'],
  });
  const port = (await nextMessage(child)) as number;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    pid: child.pid ?? 0,
    post: (task) => postWebhook({ port, agent, secret: SECRET }, task),
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

export interface OurOptions {
  readonly command: 'start' | 'ingress' | 'worker';
  readonly address: string;
  readonly agentUrl: string;
  readonly taskQueue: string;
  readonly folder: string;
  /** How many agents may be at work at once; by default as many as the product's own default. */
  readonly agentConcurrency?: number;
}

/** Starts one from the build, with the settings of a production but for addresses and how many agents work at once. */
export async function startOurs(options: OurOptions): Promise<OurProcess> {
  const { command, address, agentUrl, taskQueue, folder, agentConcurrency = 64 } = options;
  const [port, adminPort] = [await freePort(), await freePort()];
  const own = randomUUID().slice(0, 8);
  const settings = join(folder, `settings-${own}.yaml`);
  writeFileSync(settings, `agents: { garudust: { url: '${agentUrl}', concurrency: ${agentConcurrency} } }\n`);
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, command], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(adminPort),
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: taskQueue,
      GARUDUST_WEBHOOK_SECRET: SECRET,
      RUNS_API_KEY: SECRET,
      GARUDUST_TEMPORAL_CONFIG: settings,
      CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
      JOURNAL_DIR: join(folder, `journal-${own}`),
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
    async stop() {
      agent.destroy();
      await stop(child);
    },
  };
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
