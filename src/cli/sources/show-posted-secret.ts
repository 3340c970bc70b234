import { PostedSecrets } from '../../ingress/tasks/posted-secrets.ts';
import { userStateDir } from '../../settings/user-state-dir.ts';
import { CliError, type ExitName } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';

/**
 * Prints the secrets that the sender of a source has posted, one a line, and forgets them.
 *
 * @throws CliError `usage` where none is kept, and for what can't be the name of a source
 */
export async function showPostedSecret(source: string, { env, stdout, stderr }: CliIo): Promise<ExitName> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(source))
    throw new CliError('usage', `"${source}" is not the name of a source: write it as in the settings file.`);
  const posted = await new PostedSecrets(userStateDir(env)).take(source);
  if (posted.length === 0) {
    const fix = 'run this where the log line says that one was posted, as the user of that server';
    throw new CliError('usage', `No secret of ${source} is kept here: ${fix}.`);
  }
  for (const { secret, postedAt } of posted) {
    stdout.write(`${secret}\n`);
    stderr.write(`posted at ${postedAt.toISOString()}\n`);
  }
  if (posted.length > 1)
    stderr.write('Anyone can post one: take the one that came when you created the webhook, and no other.\n');
  stderr.write(`Set it as the secret of ${source} and restart. It is not shown again.\n`);
  return 'ok';
}
