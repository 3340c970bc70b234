import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { userStateDir } from '../settings/user-state-dir.ts';

/** What a journal belongs to: reported elsewhere, its results would say nothing. */
export interface JournalOwner {
  readonly address: string | undefined;
  readonly namespace: string;
  readonly taskQueue: string;
}

/**
 * Where a worker keeps its journal when no setting says so: `journal` in the user's folder for state. Workers of another server,
 * namespace or task queue get a folder of their own in it.
 */
export function defaultJournalDir(
  env: Readonly<Record<string, string | undefined>>,
  { address, namespace, taskQueue }: JournalOwner,
  platform: NodeJS.Platform = process.platform,
): string {
  const owner = createHash('sha256')
    .update(JSON.stringify([address, namespace, taskQueue]))
    .digest('hex');
  // Short: the path of a socket in it has 100 bytes.
  return join(userStateDir(env, platform), 'journal', owner.slice(0, 8));
}
