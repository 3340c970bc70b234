import { createHmac } from 'node:crypto';
import { constantTimeEqual } from './constant-time.ts';
import { readHeader } from './read-header.ts';
import { refuse, type SignatureScheme } from './scheme.ts';
import { textKey } from './text-key.ts';

export const GITHUB_HEADER = 'x-hub-signature-256';

/**
 * `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 over the raw body, as GitHub and Garudust sign. The key is the
 * secret's UTF-8 bytes, with `whsec_` too. Hex digits may be of either case. There is no timestamp, so that a request can
 * be replayed.
 *
 * Source: GitHub, "Validating webhook deliveries".
 */
export const github: SignatureScheme = {
  unsignedIdHeader: 'x-github-delivery',
  verify({ headers, body, secrets }) {
    const given = readHeader(headers, GITHUB_HEADER);
    if (given === undefined) return refuse('signature_missing');
    if (!/^sha256=[0-9a-fA-F]{64}$/.test(given)) return refuse('signature_invalid');
    const holds = secrets.some((secret) => {
      const key = textKey(secret);
      return key !== undefined && constantTimeEqual(given.toLowerCase(), toHeader(key, body));
    });
    return holds ? { ok: true, deliveryId: undefined } : refuse('signature_invalid');
  },
};

/**
 * The value of `X-Hub-Signature-256` for a body; a text is signed as its UTF-8 bytes.
 *
 * @throws TypeError when the secret is empty or a key of a key pair
 */
export function signGithub(secret: string, body: string | Uint8Array): string {
  const key = textKey(secret);
  if (key === undefined)
    throw new TypeError('X-Hub-Signature-256 needs a secret that is not empty and not a whpk_ or whsk_ key.');
  return toHeader(key, body);
}

function toHeader(key: Uint8Array, body: string | Uint8Array): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}
