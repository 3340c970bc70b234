import { createHash, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { IngressClient } from '../ingress-client.ts';
import type { RequestState } from '../route.ts';

/**
 * Requires a bearer token that is an API key (RFC 6750), and sets `state.client` to its client.
 *
 * Every key is hashed to one length and compared, so that the time taken reveals nothing about any of them.
 */
export function authenticate(clients: readonly Pick<IngressClient, 'id' | 'apiKey'>[]): Middleware<RequestState> {
  const keys = clients.flatMap(({ id, apiKey = [] }) => apiKey.map((key) => ({ id, hash: sha256(key) })));
  return async (ctx, next) => {
    const header = ctx.get('Authorization');
    if (header === '') {
      throw new ProblemError(
        'api_key_missing',
        'Send "Authorization: Bearer <API key>" with an API key of the client.',
      );
    }
    const given = sha256(/^Bearer +([\x21-\x7e]+)$/i.exec(header)?.[1] ?? '');
    let client: string | undefined;
    for (const { id, hash } of keys) if (timingSafeEqual(hash, given)) client = id;
    if (client === undefined) {
      throw new ProblemError('api_key_invalid', 'Unknown API key: check the key and the URL of the server.');
    }
    ctx.state.client = client;
    await next();
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
