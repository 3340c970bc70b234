import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../values/child-env.ts';
import { DEV_SERVER_HOST } from './dev-server-args.ts';
import { listenOnce } from './free-port.ts';

type DevServerErrorCode = 'PORT_IN_USE' | 'DATABASE' | 'NOT_READY' | 'FAILED';

/** Thrown when a Temporal dev server can't be started. The message is one sentence: what is wrong and how to fix it. */
export class DevServerError extends Error {
  override readonly name = 'DevServerError';
  readonly code: DevServerErrorCode;

  constructor(code: DevServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Makes sure that a port is free.
 *
 * @param label such as `Port`, first word of the error.
 * @throws DevServerError naming the port and, if known, the process that holds it.
 */
export async function checkPort(port: number, label: string): Promise<void> {
  try {
    await listenOnce(DEV_SERVER_HOST, port);
  } catch (error) {
    throw await portError(port, label, error);
  }
}

/**
 * The error for a port that is taken.
 *
 * @param flag sets the port, where a flag does
 */
export async function portError(port: number, label: string, cause: unknown, flag?: string): Promise<DevServerError> {
  const choose = flag === undefined ? 'choose another port' : `choose another with ${flag}`;
  const code = (cause as { code?: string } | undefined)?.code;
  if (code === 'EACCES') {
    return new DevServerError('PORT_IN_USE', `${label} ${port} requires privileges: ${choose}, above 1023.`, {
      cause,
    });
  }
  const holder = await processListeningAt(port);
  const fix = holder ? `stop it (${killCommand(holder)}) or ${choose}` : choose;
  const leftover = holder?.program === 'temporal' ? ', which may be another dev server' : '';
  return new DevServerError('PORT_IN_USE', `${label} ${port} is in use by ${nameOf(holder)}${leftover}: ${fix}.`, {
    cause,
  });
}

/**
 * Makes sure that a database file can be used, creating its folder: SQLite reports any of this as "out of
 * memory", and two dev servers on one file both start and then corrupt each other's runs.
 *
 * @throws DevServerError naming the file and what is wrong with it.
 */
export async function checkDatabaseFile(file: string): Promise<void> {
  const path = resolve(file);
  const refuse = (why: string, cause?: unknown): never => {
    throw new DevServerError('DATABASE', `The database file ${path} ${why}.`, { cause });
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) =>
    refuse(`has no folder and none can be created (${codeOf(error)}): choose another path`, error),
  );
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) refuse('is not a file: choose another path');
  await access(found ? path : dirname(path), constants.R_OK | constants.W_OK).catch((error: unknown) =>
    refuse(`is not writable (${codeOf(error)}): correct its permissions or choose another path`, error),
  );
  const holder = found && (await processHavingOpen(path));
  if (holder) refuse(`is in use by ${nameOf(holder)}: stop it (${killCommand(holder)}) or choose another file`);
}

function nameOf(holder: Holder | undefined): string {
  return holder ? `${holder.program} (process ${holder.pid})` : 'another program';
}

function killCommand(holder: Holder): string {
  return process.platform === 'win32' ? `taskkill /PID ${holder.pid}` : `kill ${holder.pid}`;
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? 'unknown error';
}

/** A process of this machine that has something open. */
interface Holder {
  readonly pid: number;
  /** The program's name, such as `temporal`. */
  readonly program: string;
}

const LISTENING = '0A';

/**
 * Which process listens at a TCP port, as far as this user may see: from `/proc` on Linux, by `lsof` elsewhere.
 * Undefined when unknown.
 */
async function processListeningAt(port: number): Promise<Holder | undefined> {
  if (process.platform !== 'linux') return askLsof(['-nP', `-iTCP:${port}`, '-sTCP:LISTEN']);
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port)
        sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets.size === 0 ? undefined : findByOpenFile((target) => sockets.has(target));
}

/** Which process other than this one has a file open; undefined when none has, or it is unknown. */
async function processHavingOpen(file: string): Promise<Holder | undefined> {
  const path = await realpath(file).catch(() => undefined);
  if (path === undefined) return undefined;
  return process.platform === 'linux' ? findByOpenFile((target) => target === path) : askLsof(['--', path]);
}

async function findByOpenFile(matches: (target: string) => boolean): Promise<Holder | undefined> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    // Both folders are unreadable for other users' processes, and any process may be gone by now.
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (matches(target)) {
        const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process');
        return { pid: Number(pid), program: program.trim() };
      }
    }
  }
  return undefined;
}

async function askLsof(args: string[]): Promise<Holder | undefined> {
  const { stdout } = await promisify(execFile)('lsof', ['-Fpc', ...args], { env: childEnv(process.env) }).catch(() => ({
    stdout: '',
  }));
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  return pid === undefined ? undefined : { pid: Number(pid), program: /^c(.+)$/m.exec(stdout)?.[1] ?? 'a process' };
}
