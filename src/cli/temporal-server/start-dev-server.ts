import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { toClientOptions } from '../../stack/temporal-settings.ts';
import { childEnv } from '../../values/child-env.ts';
import { checkDatabaseFile, checkPort, DevServerError, portError } from './check-dev-server-place.ts';
import { DEV_SERVER_ENV, DEV_SERVER_HOST, devServerArgs } from './dev-server-args.ts';
import { freePort } from './free-port.ts';
import { stopWithParent } from './stop-with-parent.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 25;
const ATTEMPTS_WITH_FREE_PORTS = 3;
const KEPT_OUTPUT = 8_000;
/** SQLite's own files have these suffixes. */
const DATABASE_FILES = ['', '-wal', '-shm', '-journal'];

export interface DevServerOptions {
  /** Path of the Temporal CLI, as `findTemporalCli` returns it. */
  readonly cliPath: string;
  /** SQLite file, created when missing together with its folder; without it everything is kept in memory. */
  readonly databaseFile?: string;
  /** Port of the gRPC service; 0 or undefined: a free one. */
  readonly port?: number;
  /** Port of the web UI; 0 or undefined: a free one. */
  readonly uiPort?: number;
  /** No web UI. */
  readonly headless?: boolean;
  /** Created when missing; by default `default`. */
  readonly namespace?: string;
  /** The server's own log (errors only) is appended here; otherwise it is dropped. */
  readonly logFile?: string;
  /** Keyword search attributes in addition to this project's own. */
  readonly extraSearchAttributes?: readonly string[];
  /** How long it may take to become ready; by default 60 s. */
  readonly readyTimeoutMs?: number;
}

export interface DevServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when `stop` was called before. */
  readonly expected: boolean;
  /** The last lines that the server wrote. */
  readonly output: string;
}

export interface DevServer {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  /**
   * Without a slash at the end; undefined when headless. The UI dials before the server listens, so for its first second
   * it may show 503.
   */
  readonly uiUrl: string | undefined;
  readonly namespace: string;
  readonly pid: number;
  /** Stops the server and waits until it is gone; at most about 10 s, then it is killed. May be called again. */
  stop(): Promise<void>;
  /** Resolves, never rejects, when the server is gone for whatever reason. */
  readonly exited: Promise<DevServerExit>;
}

/**
 * Starts a Temporal dev server on loopback with this project's search attributes and settings and resolves when it
 * answers. It does not receive the terminal's Ctrl-C, and ends with this process.
 *
 * @throws DevServerError when a port or the database file is not available, or the server exits or does not answer.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { port, uiPort, databaseFile } = options;
  if (port) await checkPort(port, 'Port');
  if (uiPort && !options.headless) await checkPort(uiPort, 'UI port');
  if (databaseFile !== undefined) {
    await checkDatabaseFile(databaseFile);
    await closeToOthers(DATABASE_FILES.map((suffix) => databaseFile + suffix));
  }
  if (options.logFile !== undefined) await closeToOthers([options.logFile]);
  const canDisableNews = await knowsFlag(options.cliPath, '--ui-disable-news-fetch');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, canDisableNews);
    } catch (error) {
      // Another process may take a free port before the server does.
      const lostRace = error instanceof DevServerError && error.code === 'PORT_IN_USE' && !(port && uiPort);
      if (!lostRace || attempt === ATTEMPTS_WITH_FREE_PORTS) throw error;
    }
  }
}

/** Makes files of an earlier start, which may have been readable to everybody, their owner's alone. */
async function closeToOthers(files: readonly string[]): Promise<void> {
  // A file that is missing or another user's is dealt with by whoever opens it.
  await Promise.all(files.map((file) => chmod(file, 0o600).catch(() => undefined)));
}

async function startOnce(options: DevServerOptions, canDisableNews: boolean): Promise<DevServer> {
  const { namespace = 'default', databaseFile } = options;
  const port = options.port || (await freePort());
  const uiPort = options.headless ? undefined : options.uiPort || (await freePort());
  const args = devServerArgs({
    port,
    uiPort,
    namespace,
    databaseFile,
    extraSearchAttributes: options.extraSearchAttributes ?? [],
    canDisableNews,
  });
  const child = ownFilesOnly(() =>
    spawn(options.cliPath, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...DEV_SERVER_ENV, ...childEnv(process.env, { also: /^GOGC$/ }) },
    }),
  );
  const output = keepOutput(child, options.logFile);
  let stopping = false;
  const exited = new Promise<DevServerExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve({ code, signal, expected: stopping, output: output() });
    child.once('error', () => end(null, null));
    child.once('close', end);
  });
  stopWithParent(child);
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(late);
  };

  const address = `${DEV_SERVER_HOST}:${port}`;
  const patience = new AbortController();
  try {
    const timeoutMs = options.readyTimeoutMs ?? READY_TIMEOUT_MS;
    await Promise.race([
      whenReady(port, namespace, timeoutMs, patience.signal),
      exited.then(async (exit) => Promise.reject(await explainExit(exit, options))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    patience.abort();
  }
  const uiUrl = uiPort === undefined ? undefined : `http://localhost:${uiPort}`;
  // A child without a pid has emitted an error, and that has been thrown above.
  return { address, uiUrl, namespace, pid: child.pid ?? 0, stop, exited };
}

/** Waits until the server's port is open, then until the namespace can be described. */
async function whenReady(port: number, namespace: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!signal.aborted && !(await accepts(port))) {
    if (Date.now() > deadline) throw notReady(timeoutMs);
    await sleep(POLL_MS);
  }
  if (signal.aborted) return;
  const connection = await Connection.connect({
    ...toClientOptions({ address: `${DEV_SERVER_HOST}:${port}` }),
    connectTimeout: Math.max(deadline - Date.now(), 1),
  }).catch((error: unknown) => {
    throw notReady(timeoutMs, error);
  });
  try {
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    throw notReady(timeoutMs, error);
  } finally {
    await connection.close();
  }
}

function notReady(timeoutMs: number, cause?: unknown): DevServerError {
  const message = `The Temporal dev server did not answer within ${timeoutMs / 1000} s: see its log, or start a server yourself and set TEMPORAL_ADDRESS.`;
  return new DevServerError('NOT_READY', message, { cause });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: DEV_SERVER_HOST, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** One sentence for a server that ended before it was ready. */
async function explainExit(exit: DevServerExit, options: DevServerOptions): Promise<DevServerError> {
  const said =
    exit.output
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('Error:')) ?? exit.output.trim();
  const taken = /port (\d+): listen .*address already in use/.exec(said)?.[1];
  if (taken) return portError(Number(taken), 'Port', undefined);
  if (options.databaseFile !== undefined && /database|SQLite/i.test(said)) {
    const why = /locked/.test(said)
      ? 'is locked by another program: stop that program'
      : /not a database|malformed/.test(said)
        ? 'is not a SQLite database: move it away'
        : "can't be opened: correct its permissions";
    return new DevServerError(
      'DATABASE',
      `The database file ${options.databaseFile} ${why} or choose another file (${said}).`,
    );
  }
  const how = exit.signal ?? (exit.code === null ? 'it could not be started' : `exit code ${exit.code}`);
  return new DevServerError(
    'FAILED',
    `The Temporal dev server exited during startup (${how}): ${said || options.cliPath}.`,
  );
}

/** Reads what the child writes, which also keeps its pipes from filling up. */
function keepOutput(child: ChildProcess, logFile: string | undefined): () => string {
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  log?.on('error', () => undefined);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-KEPT_OUTPUT);
      log?.write(chunk);
    });
  }
  void once(child, 'close').then(
    () => log?.end(),
    () => log?.end(),
  );
  return () => tail;
}

async function knowsFlag(cliPath: string, flag: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(cliPath, ['server', 'start-dev', '--help'], {
    env: childEnv(process.env),
  }).catch(() => ({ stdout: '' }));
  return stdout.includes(flag);
}

/** Lets a child start with a umask by which what it creates is its user's alone: every task and answer is in its files. */
function ownFilesOnly<T>(start: () => T): T {
  const before = process.umask(0o077);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}
