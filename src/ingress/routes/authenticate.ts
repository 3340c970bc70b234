import { createHash, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { ProblemError } from '../../protocol/problems.ts';
import type { IngressClient, RequestState } from '../app-deps.ts';

/**
 * Lets only the bearers of an API key pass (RFC 6750) and names their client in `state.client`.
 *
 * Every key is compared, hashed to one length, so that the time taken tells nothing about any of them.
 */
export function authenticate(clients: readonly IngressClient[]): Middleware<RequestState> {
  const keys = clients.flatMap(({ id, apiKey = [] }) => apiKey.map((key) => ({ id, hash: sha256(key) })));
  return async (ctx, next) => {
    const header = ctx.get('Authorization');
    if (header === '') {
      throw new ProblemError('api_key_missing', 'Send "Authorization: Bearer <API key>" with a key of this client.');
    }
    const given = sha256(/^Bearer +([\x21-\x7e]+)$/i.exec(header)?.[1] ?? '');
    let client: string | undefined;
    for (const { id, hash } of keys) if (timingSafeEqual(hash, given)) client = id;
    if (client === undefined) {
      throw new ProblemError(
        'api_key_invalid',
        'The API key is not known here: check the key, and the server it is for.',
      );
    }
    ctx.state.client = client;
    await next();
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
