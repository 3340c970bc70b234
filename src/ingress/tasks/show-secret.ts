import { createHash } from 'node:crypto';
import type { IngressLogger } from '../middleware/access-log.ts';

/** Anyone can post something that looks like a secret: the log shows a few of each source. */
const MAX_SHOWN = 10;

/**
 * Makes the function that shows the secrets that senders post for a person to read: each once, in the log alone.
 *
 * @param logger gets a line with the secret, which no other line has
 */
export function createShowSecret(logger: Pick<IngressLogger, 'info'>): (source: string, secret: string) => void {
  const shown = new Map<string, Set<string>>();
  return (source, secret) => {
    const before = shown.get(source) ?? new Set();
    shown.set(source, before);
    const digest = createHash('sha256').update(secret).digest('base64');
    if (before.has(digest) || before.size >= MAX_SHOWN) return;
    before.add(digest);
    const hint = 'if you have just created the webhook, set it as the secret of this source and restart';
    logger.info({ source, posted_by_sender: secret }, `the sender of ${source} posted its secret: ${hint}`);
  };
}
