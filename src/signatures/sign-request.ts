import { createHmac } from 'node:crypto';
import { GITHUB_HEADER, GITHUB_PREFIX } from './schemes.ts';
import { TEXT_SECRET_RULE, textKey } from './secret-key.ts';
import { signStandardWebhook, type StandardWebhookMessage } from './standard-webhooks.ts';

/**
 * Signs a message both ways, so that a receiver can check whichever it knows. `verifyRequest` accepts the result.
 *
 * Standard Webhooks has room for a signature by every secret, `X-Hub-Signature-256` for one only: the first shared secret
 * makes it, and the header is left out when there is none. During a rotation, put the secret that receivers already know
 * first.
 *
 * @returns headers by their names in lower case
 * @throws TypeError as `signStandardWebhook` does
 */
export function signRequest(message: StandardWebhookMessage): Readonly<Record<string, string>> {
  const headers = signStandardWebhook(message);
  const shared = message.secrets.find((secret) => textKey(secret) !== undefined);
  return shared === undefined ? headers : { ...headers, [GITHUB_HEADER]: signGithub(shared, message.body) };
}

/**
 * The value of `X-Hub-Signature-256` for a body; a text is signed as its UTF-8 bytes.
 *
 * @throws TypeError when the secret is blank or a key of a key pair
 */
export function signGithub(secret: string, body: string | Uint8Array): string {
  const key = textKey(secret);
  if (key === undefined) throw new TypeError(`The secret of X-Hub-Signature-256 ${TEXT_SECRET_RULE}.`);
  return GITHUB_PREFIX + createHmac('sha256', key).update(body).digest('hex');
}
