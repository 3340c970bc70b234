import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeBase64 } from './secret-key.ts';

const ED25519_BYTES = 32;
const MIN_RSA_BITS = 2048;

const WANTED = {
  ed25519: 'an Ed25519 public key: PEM, or its 32 bytes in hex or base64',
  'ecdsa-p256': 'an ECDSA P-256 public key: PEM, or its DER form (SPKI) in base64',
  rsa: `an RSA public key of ${MIN_RSA_BITS} bits or more: PEM, or its DER form (SPKI) in base64`,
} as const;

/**
 * Reads a public key in the forms in which senders publish theirs: PEM of a key or of a certificate, of which line breaks may be
 * written as `\n`; DER in base64; and for Ed25519 the 32 bytes in hex or base64.
 *
 * @returns the key, or why the text is none, as a sentence that does not repeat it
 */
export function readPublicKey(text: string, type: keyof typeof WANTED): KeyObject | string {
  if (/PRIVATE KEY-----/.test(text)) return `The secret is a private key: set the public one.`;
  const key = parse(text.trim(), type);
  return key !== undefined && fits(key, type) ? key : `The secret must be ${WANTED[type]}.`;
}

function parse(text: string, type: keyof typeof WANTED): KeyObject | undefined {
  try {
    if (text.startsWith('-----BEGIN')) return createPublicKey(text.replaceAll('\\n', '\n'));
    const raw = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : decodeBase64(text);
    if (raw === undefined) return undefined;
    if (type !== 'ed25519' || raw.length !== ED25519_BYTES)
      return createPublicKey({ key: raw, format: 'der', type: 'spki' });
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function fits(key: KeyObject, type: keyof typeof WANTED): boolean {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return kind === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
  if (type === 'ecdsa-p256') return kind === 'ec' && details?.namedCurve === 'prime256v1';
  // A key of zeroes is a placeholder that somebody left in place, and OpenSSL accepts signatures for it that anyone can make.
  return kind === 'ed25519' && !/^A{43}$/.test(key.export({ format: 'jwk' }).x ?? '');
}
