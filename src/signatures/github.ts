import { createHmac } from 'node:crypto';
import { createGenericHmac } from './generic-hmac.ts';
import { TEXT_SECRET_RULE, textKey } from './text-key.ts';

export const GITHUB_HEADER = 'x-hub-signature-256';
const PREFIX = 'sha256=';

/**
 * `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 over the raw body, as GitHub and Garudust sign. The key is the
 * secret's UTF-8 bytes, with `whsec_` too. There is no timestamp, so that a request can be replayed.
 *
 * Source: GitHub, "Validating webhook deliveries".
 */
export const github = createGenericHmac({ header: GITHUB_HEADER, prefix: PREFIX, idHeader: 'X-GitHub-Delivery' });

/**
 * The value of `X-Hub-Signature-256` for a body; a text is signed as its UTF-8 bytes.
 *
 * @throws TypeError when the secret is blank or a key of a key pair
 */
export function signGithub(secret: string, body: string | Uint8Array): string {
  const key = textKey(secret);
  if (key === undefined) throw new TypeError(`The secret of X-Hub-Signature-256 ${TEXT_SECRET_RULE}.`);
  return PREFIX + createHmac('sha256', key).update(body).digest('hex');
}
