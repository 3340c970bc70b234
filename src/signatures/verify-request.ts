import { readHeader, type Refusal, type SignedRequest } from './scheme.ts';
import { GITHUB_HEADER, SCHEMES } from './schemes.ts';
import { STANDARD_WEBHOOK_HEADERS, standardWebhooks } from './standard-webhooks.ts';

/** Whether a task is signed, and the id that identifies it. */
export type RequestVerdict =
  | {
      readonly ok: true;
      /** The signed `webhook-id`; undefined when only `X-Hub-Signature-256` was sent. */
      readonly webhookId: string | undefined;
    }
  | { readonly ok: false; readonly reason: Refusal };

/**
 * Checks the signature of a task: `X-Hub-Signature-256`, or the three headers of Standard Webhooks. Where both kinds are
 * sent both must hold, each with any of the secrets. Never throws.
 *
 * @example
 * const verdict = verifyRequest({ headers: req.headersDistinct, body, secrets: [secret], now: Date.now() });
 * if (!verdict.ok) res.writeHead(401).end(verdict.reason);
 */
export function verifyRequest(request: SignedRequest): RequestVerdict {
  const isSent = (name: string) => readHeader(request.headers, name) !== undefined;
  const schemes = [
    ...(isSent(GITHUB_HEADER) ? [SCHEMES.github] : []),
    ...(STANDARD_WEBHOOK_HEADERS.some(isSent) ? [standardWebhooks] : []),
  ];
  if (schemes.length === 0) return { ok: false, reason: 'signature_missing' };
  let webhookId: string | undefined;
  for (const scheme of schemes) {
    const verdict = scheme.verify(request);
    if (!verdict.ok) return verdict;
    webhookId = verdict.deliveryId;
  }
  return { ok: true, webhookId };
}
