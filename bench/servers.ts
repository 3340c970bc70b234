import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../src/cli/temporal-server/free-port.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';

/** A Temporal server that is measured. */
export interface BenchServer {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The dev server with the settings that `dev` gives it. */
export function startOurServer(cliPath: string, folder: string): Promise<BenchServer> {
  return startDevServer({ cliPath, databaseFile: join(folder, 'ours.db'), headless: true });
}

/** The dev server as it is shipped, with a database file and nothing else. */
export async function startShippedServer(cliPath: string, folder: string): Promise<BenchServer> {
  const port = await freePort();
  const args = ['server', 'start-dev', '--headless', '--port', String(port), '--log-level', 'error'];
  const child = spawn(cliPath, [...args, '--db-filename', join(folder, 'shipped.db')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error('the Temporal server as shipped did not start');
    await sleep(50);
  }
  await sleep(1000); // its namespace comes a moment after its port
  return {
    address: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
