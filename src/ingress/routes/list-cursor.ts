import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RunFilter } from '../../protocol/run-list.ts';

const SEAL_BYTES = 16;

/** What a cursor is good for: this client, with these filters. */
export interface CursorScope {
  readonly client: string;
  /** The client's API keys: the seal is made with them, so that every process of one configuration takes it. */
  readonly apiKeys: readonly string[];
  readonly filter: RunFilter;
}

/** Makes a cursor of Temporal's page token: base64url, sealed, so that Temporal is never handed what it did not say. */
export function sealCursor(pageToken: Uint8Array, scope: CursorScope): string {
  return Buffer.concat([seal(pageToken, scope), pageToken]).toString('base64url');
}

/** The page token of a cursor; undefined for one that was made up, or made for another client or other filters. */
export function openCursor(cursor: string, scope: CursorScope): Uint8Array | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length <= SEAL_BYTES) return undefined;
  const pageToken = bytes.subarray(SEAL_BYTES);
  return timingSafeEqual(seal(pageToken, scope), bytes.subarray(0, SEAL_BYTES)) ? pageToken : undefined;
}

function seal(pageToken: Uint8Array, { client, apiKeys, filter }: CursorScope): Buffer {
  const { status, callback, source, agent, session, user } = filter;
  const what = JSON.stringify(['cursor', client, status, callback, source, agent, session, user]);
  const hmac = createHmac('sha256', JSON.stringify(apiKeys)).update(what).update('\0').update(pageToken);
  return hmac.digest().subarray(0, SEAL_BYTES);
}
