import { createHash } from 'node:crypto';

const CHARACTERS = 32;

/** The workflow ID of a session: `session-` and 128 bits of a SHA-256 in hex, which tells nothing of the key. */
export function deriveSessionId(client: string, key: string): string {
  const hash = createHash('sha256').update(JSON.stringify([client, key]));
  return `session-${hash.digest('hex').slice(0, CHARACTERS)}`;
}

/** What tasks have in common that one call of an agent may answer: the agent and the user. It tells neither. */
export function deriveCollectMark(agent: string, userId: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([agent, userId ?? null]))
    .digest('hex')
    .slice(0, CHARACTERS / 2);
}
