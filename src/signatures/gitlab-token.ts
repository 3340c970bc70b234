import { constantTimeEqual } from './constant-time.ts';
import { readHeader } from './read-header.ts';
import { refuse, type SignatureScheme } from './scheme.ts';
import { findTextSecretFault, textKey } from './text-key.ts';

/**
 * `X-Gitlab-Token`, the secret itself: what GitLab sends from a webhook without a signing token. It proves nothing about
 * the body, and whoever sees one request can make others; a webhook with a signing token is Standard Webhooks.
 *
 * Source: GitLab, "Webhooks", validation by a secret token.
 */
export const gitlabToken: SignatureScheme = {
  unsignedIdHeaders: ['idempotency-key'],
  verify({ headers, secrets }) {
    const given = readHeader(headers, 'x-gitlab-token');
    if (given === undefined) return refuse('signature_missing');
    // HTTP gives the bytes of a header as Latin-1, whatever they were.
    const bytes = Buffer.from(given, 'latin1');
    if (bytes.toString('latin1') !== given) return refuse('signature_invalid');
    const holds = secrets.some((secret) => {
      const key = textKey(secret);
      return key !== undefined && constantTimeEqual(bytes, key);
    });
    return holds ? { ok: true, deliveryId: undefined } : refuse('signature_invalid');
  },
  findSecretFault: findTextSecretFault,
};
