import { GITHUB_HEADER, signGithub } from './github.ts';
import { signStandardWebhook, type StandardWebhookMessage } from './standard-webhooks.ts';
import { textKey } from './text-key.ts';

/**
 * Signs a message both ways, so that a receiver can check whichever it knows: what `verifyRequest` accepts.
 *
 * Standard Webhooks has room for a signature by every secret, `X-Hub-Signature-256` for one alone: the first shared
 * secret makes it, and the header is left out when there is none. While rotating, the secret that receivers already know
 * stands first.
 *
 * @returns headers by their names in lower case
 * @throws TypeError as `signStandardWebhook` does
 */
export function signRequest(message: StandardWebhookMessage): Readonly<Record<string, string>> {
  const headers = signStandardWebhook(message);
  const shared = message.secrets.find((secret) => textKey(secret) !== undefined);
  return shared === undefined ? headers : { ...headers, [GITHUB_HEADER]: signGithub(shared, message.body) };
}
