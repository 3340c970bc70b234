import { createHash } from 'node:crypto';

const CHARACTERS = 32;

/** The workflow ID of a session: `session-` and 128 bits of a SHA-256 in hex, which tells nothing of the key. */
export function deriveSessionId(client: string, key: string): string {
  const hash = createHash('sha256').update(JSON.stringify([client, key]));
  return `session-${hash.digest('hex').slice(0, CHARACTERS)}`;
}
