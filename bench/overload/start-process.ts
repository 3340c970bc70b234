import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';

/** `garudust-temporal ingress` in a process of its own, on a Temporal dev server of its own. */
export interface BenchProcess {
  readonly url: string;
  readonly temporalVersion: string;
  /** Resident memory of the ingress in MiB, as its own metrics tell it. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const UNLIMITED = '1000000/s';

/**
 * Starts both; a file of SQLite keeps the runs, as `dev` has it.
 *
 * @param secrets one client for each; each has the default share of what is in flight, and no rate limit
 */
export async function startProcess(folder: string, secrets: readonly string[]): Promise<BenchProcess> {
  const cli = await findTemporalCli({ env: process.env });
  const server = await startDevServer({
    cliPath: cli.path,
    databaseFile: join(folder, 'temporal.db'),
    headless: true,
  });
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(folder, 'garudust-temporal.yaml');
  const clients = secrets.map((secret, index) => ({
    id: `client-${index + 1}`,
    webhook_secret: secret,
    rate_limit: UNLIMITED,
  }));
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ clients, agents: { demo: { type: 'demo' } }, log: { level: 'warn' } }));
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'ingress', '--config', file], {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: server.address,
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const admin = `http://127.0.0.1:${adminPort}`;
  await untilReady(`${admin}/readyz`);
  return {
    url: `http://127.0.0.1:${port}`,
    temporalVersion: cli.version,
    async memory() {
      const text = await (await fetch(`${admin}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20;
    },
    async stop() {
      await terminate(child);
      await server.stop();
    },
  };
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
