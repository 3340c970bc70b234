import { execFile } from 'node:child_process';
import { readFile, readdir, readlink, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process of this machine that has something open. */
export interface Holder {
  readonly pid: number;
  /** The program's name, such as `temporal`. */
  readonly program: string;
}

const LISTENING = '0A';

/**
 * Which process listens at a TCP port, as far as this user may see: from `/proc` on Linux, by `lsof` elsewhere.
 * Undefined when it can't be told.
 */
export async function processListeningAt(port: number): Promise<Holder | undefined> {
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

/** Which process other than this one has a file open; undefined when none has, or it can't be told. */
export async function processHavingOpen(file: string): Promise<Holder | undefined> {
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
  const { stdout } = await promisify(execFile)('lsof', ['-Fpc', ...args]).catch(() => ({ stdout: '' }));
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  return pid === undefined ? undefined : { pid: Number(pid), program: /^c(.+)$/m.exec(stdout)?.[1] ?? 'a process' };
}
