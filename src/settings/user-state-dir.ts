import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of this project in the user's folder for state: `$XDG_STATE_HOME` where set, else `%LOCALAPPDATA%` on Windows and
 * `~/.local/state` elsewhere (XDG Base Directory Specification).
 */
export function userStateDir(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env['HOME'] || homedir();
  const local = env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  const state = env['XDG_STATE_HOME'] || (platform === 'win32' ? local : join(home, '.local', 'state'));
  return join(state, 'garudust-temporal');
}
