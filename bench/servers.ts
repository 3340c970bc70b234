import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { DEV_SERVER_ENV, devServerArgs } from '../src/cli/temporal-server/dev-server-args.ts';
import { freePort } from '../src/cli/temporal-server/free-port.ts';
import { stopWithParent } from '../src/cli/temporal-server/stop-with-parent.ts';
import { cpuMs } from './process-usage.ts';

/** A Temporal server that is measured. */
export interface BenchServer {
  readonly address: string;
  /** The variables of a process that connects to it, as Temporal's CLI and SDKs have them. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its Prometheus metrics are read. */
  readonly metricsUrl: string;
  /** CPU that it and its database have used so far, in milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export interface DevBenchServer extends BenchServer {
  readonly pid: number;
}

const READY_MS = 30_000;

/** The dev server with the settings that `dev` gives it. */
export async function startOurServer(cliPath: string, folder: string): Promise<DevBenchServer> {
  const port = await freePort();
  const databaseFile = join(folder, 'ours.db');
  const plan = { port, uiPort: undefined, namespace: 'default', databaseFile };
  const args = devServerArgs({ ...plan, extraSearchAttributes: [], canDisableNews: false });
  return start(cliPath, port, args, DEV_SERVER_ENV);
}

/** The dev server as it is shipped, with a database file and nothing else. */
export async function startShippedServer(cliPath: string, folder: string): Promise<DevBenchServer> {
  const port = await freePort();
  const args = ['server', 'start-dev', '--headless', '--port', String(port), '--log-level', 'error'];
  return start(cliPath, port, [...args, '--db-filename', join(folder, 'shipped.db')]);
}

/** Every dev server tells its metrics; here it is told at which port. */
async function start(
  cliPath: string,
  port: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<DevBenchServer> {
  const metricsPort = await freePort();
  const child = spawn(cliPath, [...args, '--metrics-port', String(metricsPort)], {
    detached: true,
    stdio: 'ignore',
    // It would take flags from TEMPORAL_* variables.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  stopWithParent(child);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const address = `127.0.0.1:${port}`;
  for (const end = Date.now() + READY_MS; !(await hasNamespace(address)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error('the Temporal dev server did not start');
  }
  const pid = child.pid ?? 0;
  return {
    address,
    env: { TEMPORAL_ADDRESS: address },
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pid,
    cpuMs: () => cpuMs(pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A server's namespace comes a moment after its port. */
async function hasNamespace(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 500 });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
