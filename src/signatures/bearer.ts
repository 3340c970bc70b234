import { constantTimeEqual } from './constant-time.ts';
import { readHeader } from './read-header.ts';
import { refuse, type SignatureScheme } from './scheme.ts';
import { textKey } from './text-key.ts';

/**
 * `Authorization: Bearer <secret>`, the secret itself, for senders that can't sign. It proves nothing about the body, and
 * whoever sees one request can make others.
 *
 * Source: RFC 6750 section 2.1; the scheme's name is of any case, RFC 9110 section 11.1.
 */
export const bearer: SignatureScheme = {
  unsignedIdHeaders: [],
  verify({ headers, secrets }) {
    const given = readHeader(headers, 'authorization');
    if (given === undefined) return refuse('signature_missing');
    const token = /^Bearer +([\x21-\x7e]+)$/i.exec(given)?.[1];
    if (token === undefined) return refuse('signature_invalid');
    const holds = secrets.some((secret) => textKey(secret) !== undefined && constantTimeEqual(token, secret));
    return holds ? { ok: true, deliveryId: undefined } : refuse('signature_invalid');
  },
  findSecretFault(secret) {
    if (textKey(secret) !== undefined && /^[\x21-\x7e]+$/.test(secret)) return undefined;
    return 'The secret must be visible ASCII characters without a space, and neither a whpk_ nor a whsk_ key.';
  },
};
