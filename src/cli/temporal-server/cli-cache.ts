import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** The Temporal CLI that `go-module/go.mod` pins; a download asks for the same one. */
export const TEMPORAL_CLI_VERSION = '1.8.2';

/**
 * The folder of this project inside the user's cache: `$XDG_CACHE_HOME` where set, else `~/Library/Caches` on macOS,
 * `%LOCALAPPDATA%` on Windows and `~/.cache` elsewhere (XDG Base Directory Specification).
 */
export function userCacheDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] || homedir();
  const byPlatform =
    platform === 'darwin'
      ? join(home, 'Library', 'Caches')
      : platform === 'win32'
        ? env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
        : join(home, '.cache');
  return join(env['XDG_CACHE_HOME'] || byPlatform, 'garudust-temporal');
}

/** Where the cache keeps the Temporal CLI, whether it is there or not. */
export function cachedCliPath(cacheDir: string, platform: NodeJS.Platform = process.platform): string {
  return join(cacheDir, `temporal-cli-${TEMPORAL_CLI_VERSION}`, executableName('temporal', platform));
}

/** A program's file name on this platform. */
export function executableName(program: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `${program}.exe` : program;
}

const PREFIX = '.making-';
const LEFT_BEHIND_AFTER_MS = 24 * 3_600_000;

/**
 * Lets `make` write a file into a folder of its own next to the target and renames the result into place, so that
 * concurrent processes don't interfere and nobody sees half a file.
 *
 * @param make is given that folder and the target's file name, and returns the path of the finished file.
 * @throws what `make` throws; nothing is left behind then. Error naming the folder when it can't be written.
 */
export async function placeFile(
  target: string,
  make: (folder: string, name: string) => Promise<string>,
): Promise<void> {
  const folder = await makeFolderBeside(target);
  try {
    await rename(await make(folder, basename(target)), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolderBeside(target: string): Promise<string> {
  const parent = dirname(target);
  try {
    await mkdir(parent, { recursive: true });
    await removeLeftBehind(parent);
    return await mkdtemp(join(parent, PREFIX));
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown error';
    throw new Error(`${parent} is not writable (${code}): set XDG_CACHE_HOME to a writable folder`, { cause: error });
  }
}

/** A process that was killed while it made its file leaves its folder, some 100 MB of it. */
async function removeLeftBehind(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(parent, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > LEFT_BEHIND_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
