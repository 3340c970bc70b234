import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a journal belongs to: reported elsewhere, its results would say nothing. */
export interface JournalOwner {
  readonly address: string | undefined;
  readonly namespace: string;
  readonly taskQueue: string;
}

/**
 * Where a worker keeps its journal when no setting says so: `garudust-temporal/journal` in the user's folder for state, which is
 * `$XDG_STATE_HOME` where set, else `%LOCALAPPDATA%` on Windows and `~/.local/state` elsewhere (XDG Base Directory
 * Specification). Workers of another server, namespace or task queue get a folder of their own in it.
 */
export function defaultJournalDir(
  env: Readonly<Record<string, string | undefined>>,
  { address, namespace, taskQueue }: JournalOwner,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env['HOME'] || homedir();
  const local = env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  const state = env['XDG_STATE_HOME'] || (platform === 'win32' ? local : join(home, '.local', 'state'));
  const owner = createHash('sha256')
    .update(JSON.stringify([address, namespace, taskQueue]))
    .digest('hex');
  // Short: the path of a socket in it has 100 bytes.
  return join(state, 'garudust-temporal', 'journal', owner.slice(0, 8));
}
