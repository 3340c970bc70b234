import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/cli/temporal-server/free-port.ts';
import type { Order } from './minimal-process.ts';

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

/** Starts it on a server. */
export async function startMinimal(address: string): Promise<MinimalProcess> {
  const child = fork(fileURLToPath(new URL('minimal-process.ts', import.meta.url)), [address], {
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

/** Ours, as `start`, `ingress` or `worker` runs it. */
export interface OurProcess extends Measured {
  /** Posts a signed task; resolves with the run's id once it is accepted. */
  post(task: object): Promise<string>;
  readonly startedAfterMs: number;
}

export interface OurOptions {
  readonly command: 'start' | 'ingress' | 'worker';
  readonly address: string;
  readonly agentUrl: string;
  readonly taskQueue: string;
  readonly folder: string;
}

/** Starts one from the build, with the settings of a production but for addresses. */
export async function startOurs({ command, address, agentUrl, taskQueue, folder }: OurOptions): Promise<OurProcess> {
  const [port, adminPort] = [await freePort(), await freePort()];
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
      GARUDUST_URL: agentUrl,
      CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
      JOURNAL_DIR: join(folder, `journal-${randomUUID().slice(0, 8)}`),
      LOG_LEVEL: 'warn',
    },
  });
  await untilReady(adminPort, child);
  const startedAfterMs = performance.now() - began;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    pid: child.pid ?? 0,
    startedAfterMs,
    post: (task) => post(port, agent, task),
    async stop() {
      agent.destroy();
      await stop(child);
    },
  };
}

function post(port: number, agent: Agent, task: object): Promise<string> {
  const body = JSON.stringify(task);
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-hub-signature-256': signature,
    'idempotency-key': randomUUID(),
  };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/webhook', method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 202) resolve((JSON.parse(text) as { id: string }).id);
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
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
    const onExit = (code: number | null): void => reject(new Error(`the minimal process ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
