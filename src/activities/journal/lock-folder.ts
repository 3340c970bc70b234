import { randomBytes } from 'node:crypto';
import { rename, stat, unlink } from 'node:fs/promises';
import { createServer, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another worker of this machine uses the journal's folder. */
export class JournalLockedError extends Error {
  override readonly name = 'JournalLockedError';
  readonly folder: string;

  constructor(folder: string) {
    super(`Another worker uses the journal folder ${folder}: stop it, or give each worker its own folder.`);
    this.folder = folder;
  }
}

/** A folder cannot hold a journal. A worker runs without one, but recovers more slowly from a crash. */
export class JournalFolderError extends Error {
  override readonly name = 'JournalFolderError';
  readonly folder: string;

  constructor(folder: string, why: string, options?: ErrorOptions) {
    super(`The folder ${folder} cannot hold the worker's journal: ${why}.`, options);
    this.folder = folder;
  }
}

/** Operating systems limit the path of a socket to 104 to 108 bytes. */
const MAX_SOCKET_PATH_BYTES = 100;
/** Longer than a worker takes between checking the lock and taking it, for two that start together. */
const SETTLE_MS = 50;

/** A folder locked by this process. */
export interface FolderLock {
  /** Whether the previous holder crashed instead of releasing the lock. */
  readonly wasAbandoned: boolean;
  release(): Promise<void>;
}

/**
 * Locks a folder for this process by listening on two sockets. The operating system ends the lock with the process, however
 * that ends; a pid file would be left behind.
 *
 * On Linux, the first is an abstract socket named after the folder's device and inode: the kernel grants it to one process,
 * however slowly each runs. The second, `lock.sock` in the folder, serves other systems and containers that do not share the
 * network namespace. It also remains after a crash.
 *
 * @throws JournalLockedError; JournalFolderError when the path is too long for a socket.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const claim = await claimInode(folder);
  try {
    const socket = await lockSocket(folder);
    return {
      wasAbandoned: socket.wasAbandoned,
      release: async () => {
        await socket.release();
        if (claim !== undefined) await close(claim);
      },
    };
  } catch (error) {
    if (claim !== undefined) await close(claim);
    throw error;
  }
}

/**
 * Listens on the folder's abstract socket (unix(7)).
 *
 * @returns undefined where abstract sockets do not exist
 * @throws JournalLockedError
 */
async function claimInode(folder: string): Promise<Server | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { dev, ino } = await stat(folder, { bigint: true });
  try {
    return await listen(`\0garudust-temporal/journal/${dev}/${ino}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new JournalLockedError(folder);
    // A sandbox may forbid abstract sockets.
    return undefined;
  }
}

/**
 * Creates the socket under another name and renames it into place, which replaces a dead one atomically. When two workers do
 * so at the same moment, the later one has the lock, and the earlier one notices.
 */
async function lockSocket(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock.sock');
  const own = join(folder, `lock-${randomBytes(3).toString('hex')}`);
  const bytes = Buffer.byteLength(own);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    const spare = MAX_SOCKET_PATH_BYTES - (bytes - Buffer.byteLength(folder));
    throw new JournalFolderError(folder, `its path is too long for a socket, use one of at most ${spare} bytes`);
  }
  if (await isAlive(path)) throw new JournalLockedError(folder);
  const wasAbandoned = await stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
  const server = await listen(own).catch((cause: NodeJS.ErrnoException) => {
    throw new JournalFolderError(folder, `cannot create a socket in it (${cause.code ?? cause.message})`, { cause });
  });
  const { ino } = await stat(own);
  try {
    await rename(own, path);
  } catch (cause) {
    await close(server);
    throw new JournalFolderError(folder, 'lock.sock in it is not a socket', { cause });
  }
  await sleep(SETTLE_MS);
  const isOurs = async (): Promise<boolean> => (await stat(path).catch(() => undefined))?.ino === ino;
  if (!(await isOurs())) {
    await close(server);
    throw new JournalLockedError(folder);
  }
  return {
    wasAbandoned,
    release: async () => {
      if (await isOurs()) await unlink(path);
      await close(server);
    },
  };
}

/** Whether a process listens: the socket of a dead worker refuses connections. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', (error: Error & { code?: string }) => {
      // Any other error, such as EACCES or EAGAIN, may come from a running worker.
      answer(!['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? ''));
    });
  });
}

function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  // The lock must not keep the process alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Not shared with other processes of a Node cluster.
    server.listen({ path, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
