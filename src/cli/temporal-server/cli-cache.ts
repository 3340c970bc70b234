import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Temporal CLI that `tools/temporal-cli/go.mod` pins; a download asks for the same one. */
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
