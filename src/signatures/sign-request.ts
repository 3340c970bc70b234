import { GITHUB_HEADER, signGithub } from './github.ts';
import { signStandardWebhook, type StandardWebhookHeaders, type StandardWebhookMessage } from './standard-webhooks.ts';

/** The headers of a message that is signed both ways; names in lower case. */
export type SignedRequestHeaders = StandardWebhookHeaders & { [GITHUB_HEADER]: string };

/**
 * Signs a message both ways, so that a receiver can check whichever it knows: what `verifyRequest` accepts.
 *
 * Standard Webhooks has room for a signature by every secret, `X-Hub-Signature-256` for one alone: the first secret
 * makes it. While rotating, the secret that receivers already know stands first.
 *
 * @throws TypeError as `signStandardWebhook` and `signGithub` do
 */
export function signRequest(message: StandardWebhookMessage): SignedRequestHeaders {
  const trio = signStandardWebhook(message);
  return { ...trio, [GITHUB_HEADER]: signGithub(message.secrets[0] ?? '', message.body) };
}
