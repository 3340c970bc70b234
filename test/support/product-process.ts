import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { stopWithParent } from '../../src/cli/temporal-server/stop-with-parent.ts';

export interface ProductPlan {
  /** Arguments of node that run the program: `dist/cli/main.js`, or the sources by way of tsx. */
  readonly program: readonly string[];
  readonly command: 'start' | 'ingress' | 'worker';
  /** For the settings and the journal. */
  readonly folder: string;
  readonly temporalAddress: string;
  /** The settings file. */
  readonly settings: object;
}

/** What a process has used, as the kernel tells it. */
export interface Usage {
  readonly mebibytes: number;
  readonly cpuSeconds: number;
}

/** The product in a process of its own, on loopback. */
export interface ProductProcess {
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
  usage(): Usage;
  stop(): Promise<void>;
}

export const FROM_SOURCE: readonly string[] = ['--import', import.meta.resolve('tsx'), 'src/cli/main.ts'];
const READY_TIMEOUT_MS = 60_000;

/** Starts it and waits until it is ready. */
export async function startProduct(plan: ProductPlan): Promise<ProductProcess> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(plan.folder, `${plan.command}.yaml`);
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(plan.settings));
  const child = spawn(process.execPath, [...plan.program, plan.command, '--config', file], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: plan.folder,
      TEMPORAL_ADDRESS: plan.temporalAddress,
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  stopWithParent(child);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await untilReady(`${adminUrl}/readyz`);
  return { url: `http://127.0.0.1:${port}`, port, adminUrl, usage: () => readUsage(child), stop: () => stop(child) };
}

/** @returns zeros once the process is gone */
function readUsage({ pid }: ChildProcess): Usage {
  const mebibytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  // User and system time, in ticks of 10 ms; see proc(5), from the third field on.
  return { mebibytes, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(killer);
}

async function untilReady(url: string): Promise<void> {
  for (const end = performance.now() + READY_TIMEOUT_MS; ; await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (performance.now() > end) throw new Error(`${url} is not ready after ${READY_TIMEOUT_MS / 1000} s`);
  }
}
