import { randomBytes } from 'node:crypto';
import { rename, stat, unlink } from 'node:fs/promises';
import { createServer, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JournalFolderError, JournalLockedError } from './journal-errors.ts';

/** Systems take 104 to 108 bytes for the path of a socket. */
const MAX_SOCKET_PATH_BYTES = 100;
/** Longer than two workers that start at once need from looking at the lock to taking it. */
const SETTLE_MS = 50;

/** A folder that this process holds alone. */
export interface FolderLock {
  /** Whether the one that held it before died instead of giving it back. */
  readonly wasAbandoned: boolean;
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone, by listening on the socket `lock.sock` in it. The system ends the lock with the
 * process, however that ends, so that a lock is never left behind; a pid file would be.
 *
 * The socket is made under another name and renamed into place, which replaces a dead one in one step. Of two workers that
 * do so at the same moment the later one has the lock, and the earlier one sees it.
 *
 * @throws JournalLockedError; JournalFolderError when the path is too long for a socket.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
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
  const server = await listen(own, folder);
  const { ino } = await stat(own);
  try {
    await rename(own, path);
  } catch (cause) {
    await close(server);
    throw new JournalFolderError(folder, 'something else stands at lock.sock in it', { cause });
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

/** Whether somebody listens: a dead worker's socket refuses. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', (error: Error & { code?: string }) => {
      // Anything else, such as EACCES or EAGAIN, may be a living worker.
      answer(!['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? ''));
    });
  });
}

function listen(path: string, folder: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  // The lock alone must not keep a process from ending.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error & { code?: string }) =>
      reject(new JournalFolderError(folder, `no socket can be made in it (${cause.code ?? cause.message})`, { cause })),
    );
    server.listen(path, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
