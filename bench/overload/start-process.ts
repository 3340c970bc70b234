import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { stopWithParent } from '../../src/cli/temporal-server/stop-with-parent.ts';

/** `start` is ingress and worker in one process. */
export type Command = 'ingress' | 'worker' | 'start';

/** An ingress, with or without a worker, each command in a process of its own, on a Temporal dev server of its own. */
export interface BenchProcess {
  readonly url: string;
  readonly temporalVersion: string;
  /** Resident memory of the ingress in MiB, as its own metrics tell it. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

export interface BenchPlan {
  readonly folder: string;
  /** The first one takes in. */
  readonly commands: readonly [Command, ...Command[]];
  /** One client for each; each has the default share of what is in flight, and no rate limit. */
  readonly secrets: readonly string[];
  /** Of the agent `garudust`. */
  readonly agentUrl: string;
}

const READY_TIMEOUT_MS = 60_000;
const UNLIMITED = '1000000/s';

/** Starts all of it; a file of SQLite keeps the runs, as `dev` has it. */
export async function startProcess({ folder, commands, secrets, agentUrl }: BenchPlan): Promise<BenchProcess> {
  const cli = await findTemporalCli({ env: process.env });
  const server = await startDevServer({
    cliPath: cli.path,
    databaseFile: join(folder, 'temporal.db'),
    headless: true,
  });
  const file = join(folder, 'garudust-temporal.yaml');
  const clients = secrets.map((secret, index) => ({
    id: `client-${index + 1}`,
    webhook_secret: secret,
    rate_limit: UNLIMITED,
  }));
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ clients, agents: { garudust: { url: agentUrl } }, log: { level: 'warn' } }));
  const [command, ...others] = commands;
  const settings = { folder, file, address: server.address };
  const ingress = await startCommand(command, settings);
  const started = [ingress, ...(await Promise.all(others.map(async (other) => startCommand(other, settings))))];
  await Promise.all(started.map(({ admin }) => untilReady(`${admin}/readyz`)));
  return {
    url: ingress.url,
    temporalVersion: cli.version,
    async memory() {
      const text = await (await fetch(`${ingress.admin}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20;
    },
    async stop() {
      await Promise.all(started.map(({ child }) => terminate(child)));
      await server.stop();
    },
  };
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly admin: string;
}

async function startCommand(
  command: Command,
  { folder, file, address }: { readonly folder: string; readonly file: string; readonly address: string },
): Promise<Started> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', command, '--config', file], {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
      JOURNAL_DIR: join(folder, 'journal'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  stopWithParent(child);
  return { child, url: `http://127.0.0.1:${port}`, admin: `http://127.0.0.1:${adminPort}` };
}

async function terminate(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(killer);
}

async function untilReady(url: string): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (performance.now() > end) throw new Error(`${url} is not ready after ${READY_TIMEOUT_MS / 1000} s`);
    await sleep(100);
  }
}
