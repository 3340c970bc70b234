import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { DEV_SERVER_ENV, devServerArgs } from '../../src/cli/temporal-server/dev-server-args.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** What gets killed. */
export const VICTIMS = ['worker', 'ingress', 'temporal', 'agent'] as const;

export type Victim = (typeof VICTIMS)[number];

export interface CrashStackOptions {
  /** For the database, the journal, the agent's ledger and all logs. */
  readonly folder: string;
  /** `main.js` of a build. */
  readonly program: string;
  readonly temporalCli: string;
  /** How long the agent thinks about a task, in milliseconds. */
  readonly thinkMs: number;
  /** Without it the worker forgets what it has been answered, so that the proof can be seen to fail. */
  readonly withJournal: boolean;
}

/** The four processes of a production on one machine, each kept running by a supervisor. */
export interface CrashStack {
  readonly processes: Readonly<Record<Victim, SupervisedProcess>>;
  readonly url: string;
  readonly secret: string;
  readonly temporalAddress: string;
  readonly agentLedger: string;
  /** Ends all four. */
  stop(): Promise<void>;
}

const TSX = import.meta.resolve('tsx');
const SLOW_AGENT = fileURLToPath(new URL('slow-agent.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

/** Seconds instead of days, and enough of them for every crash of a round. */
const SETTINGS = `callback:\n  retry_delays: [${Array.from({ length: 20 }, () => '1s').join(', ')}]\n`;

/** Starts the four and waits until they take webhooks. */
export async function startCrashStack(options: CrashStackOptions): Promise<CrashStack> {
  const { folder, program, temporalCli, thinkMs, withJournal } = options;
  const ports = await somePorts();
  const temporalAddress = `127.0.0.1:${ports.temporal}`;
  const secret = randomBytes(16).toString('hex');
  const agentKey = randomBytes(16).toString('hex');
  const agentLedger = join(folder, 'agent-ledger.jsonl');
  const journal = join(folder, 'journal');
  const settingsFile = join(folder, 'settings.yaml');
  mkdirSync(journal, { mode: 0o700 });
  writeFileSync(settingsFile, SETTINGS);

  // Nothing of this machine's own settings may get in.
  const bare = { PATH: process.env['PATH'] ?? '', HOME: folder };
  const ours = (port: number, adminPort: number): Record<string, string> => ({
    ...bare,
    GARUDUST_TEMPORAL_CONFIG: settingsFile,
    TEMPORAL_ADDRESS: temporalAddress,
    GARUDUST_WEBHOOK_SECRET: secret,
    GARUDUST_URL: `http://127.0.0.1:${ports.agent}`,
    GARUDUST_API_KEY: agentKey,
    CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(adminPort),
    LOG_LEVEL: 'info',
  });
  const supervise = (
    name: Victim,
    file: string,
    args: readonly string[],
    env: Record<string, string>,
  ): SupervisedProcess =>
    new SupervisedProcess({ name, program: file, args, env, logFile: join(folder, `${name}.log`) });

  const processes: Record<Victim, SupervisedProcess> = {
    temporal: supervise('temporal', temporalCli, temporalArgs(ports.temporal, join(folder, 'temporal.db')), {
      ...bare,
      ...DEV_SERVER_ENV,
    }),
    agent: supervise(
      'agent',
      process.execPath,
      ['--import', TSX, SLOW_AGENT, String(ports.agent), agentKey, agentLedger, String(thinkMs)],
      bare,
    ),
    ingress: supervise('ingress', process.execPath, [program, 'ingress'], ours(ports.ingress, ports.ingressAdmin)),
    worker: supervise('worker', process.execPath, [program, 'worker'], {
      ...ours(0, ports.workerAdmin),
      JOURNAL_DIR: withJournal ? journal : 'none',
    }),
  };
  const stop = async (): Promise<void> => {
    const { temporal, ...others } = processes;
    await Promise.all(Object.values(others).map((one) => one.stop()));
    await temporal.stop();
  };
  for (const one of Object.values(processes)) one.start();
  try {
    for (const port of [ports.ingressAdmin, ports.workerAdmin]) await untilReady(port, Object.values(processes));
  } catch (error) {
    await stop();
    throw error;
  }
  return { processes, url: `http://127.0.0.1:${ports.ingress}`, secret, temporalAddress, agentLedger, stop };
}

async function somePorts() {
  return {
    temporal: await freePort(),
    agent: await freePort(),
    ingress: await freePort(),
    ingressAdmin: await freePort(),
    workerAdmin: await freePort(),
  };
}

/** The arguments of a Temporal dev server that keeps its runs in a file. */
export function temporalArgs(port: number, databaseFile: string): string[] {
  return devServerArgs({
    port,
    uiPort: undefined,
    namespace: 'default',
    databaseFile,
    extraSearchAttributes: [],
    canDisableNews: false,
  });
}

/**
 * Waits until the process behind an admin port is ready.
 *
 * @param processes those that it needs, itself included
 * @throws Error with the last lines of all, when one of them has ended or after a minute
 */
export async function untilReady(adminPort: number, processes: readonly SupervisedProcess[]): Promise<void> {
  for (const end = Date.now() + READY_TIMEOUT_MS; ; await sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (processes.some(({ endedByItself }) => endedByItself.length > 0) || Date.now() > end) {
      throw new Error(`The processes did not come up:\n${processes.map((one) => one.tail()).join('\n')}`);
    }
  }
}
