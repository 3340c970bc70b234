import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** What `textKey` requires of a secret. */
export const TEXT_SECRET_RULE = 'must be text that is not blank, and must not be a whpk_ or whsk_ key';

/**
 * The HMAC key of a secret that is used as it is written: its UTF-8 bytes.
 *
 * @returns undefined for a secret that may not be an HMAC key: a blank one, which anyone can guess, and either key of a key
 * pair, because the public one is no secret
 */
export function textKey(secret: string): Uint8Array | undefined {
  if (secret.trim() === '' || /^wh[ps]k_/.test(secret)) return undefined;
  return Buffer.from(secret, 'utf8');
}

/** Why a secret can't be an HMAC key as it is written, as a sentence; undefined when it can. */
export function findTextSecretFault(secret: string): string | undefined {
  return textKey(secret) === undefined ? `The secret ${TEXT_SECRET_RULE}.` : undefined;
}

/** What a secret of Standard Webhooks can do. */
export type WebhookKey =
  | { readonly kind: 'symmetric'; readonly key: Uint8Array }
  /** `whpk_`: verifies what its private key signed. */
  | { readonly kind: 'public'; readonly key: KeyObject }
  /** `whsk_`: signs, and never verifies. */
  | { readonly kind: 'private'; readonly key: KeyObject }
  /** `fault` is a sentence that does not repeat the secret. */
  | { readonly kind: 'unusable'; readonly fault: string };

const KEY_BYTES = 32;
const SHARED_PREFIX = 'whsec_';

/**
 * What a library of Standard Webhooks has to be given for a secret: `whsec_…` as it is; for any other text `whsec_` and base64
 * of its UTF-8 bytes, because the libraries decode what they get, and would read `openssl rand -hex 20` as other bytes.
 *
 * @returns undefined for a key of a key pair and for a secret that can't be one
 */
export function toLibrarySecret(secret: string): string | undefined {
  if (secret.startsWith(SHARED_PREFIX)) return readWebhookKey(secret).kind === 'symmetric' ? secret : undefined;
  const key = textKey(secret);
  return key === undefined ? undefined : SHARED_PREFIX + Buffer.from(key).toString('base64');
}

/**
 * Reads a secret of Standard Webhooks: `whsec_` and base64, an Ed25519 key as `whpk_` and base64 of 32 bytes or `whsk_`
 * and base64 of 64 (the seed and the public key), or any other text, which is its UTF-8 bytes. Never throws.
 */
export function readWebhookKey(secret: string): WebhookKey {
  const prefix = /^wh(?:sec|pk|sk)_/.exec(secret)?.[0];
  if (prefix === undefined) {
    const key = textKey(secret);
    return key === undefined ? unusable(TEXT_SECRET_RULE) : { kind: 'symmetric', key };
  }
  const bytes = decodeBase64(secret.slice(prefix.length));
  if (prefix === 'whpk_') return readPublicKey(bytes);
  if (prefix === 'whsk_') return readPrivateKey(bytes);
  if (bytes === undefined || bytes.length === 0) return unusable('begins with whsec_, so base64 must follow');
  return { kind: 'symmetric', key: bytes };
}

/**
 * The bytes of a base64 text (RFC 4648 section 4), with or without padding.
 *
 * @returns undefined for anything else: Buffer skips foreign characters, so two texts would mean one value
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64');
  return text === canonical || text === canonical.replace(/=+$/, '') ? bytes : undefined;
}

function readPublicKey(bytes: Buffer | undefined): WebhookKey {
  // A key of zeroes is a placeholder that somebody left in place, and OpenSSL accepts signatures for it that anyone can make.
  if (bytes?.length !== KEY_BYTES || bytes.every((byte) => byte === 0))
    return unusable('begins with whpk_, so base64 of a 32-byte Ed25519 public key must follow');
  const key = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  try {
    return { kind: 'public', key: createPublicKey({ key, format: 'jwk' }) };
  } catch {
    return unusable('begins with whpk_ but holds no Ed25519 public key');
  }
}

function readPrivateKey(bytes: Buffer | undefined): WebhookKey {
  const fault = 'begins with whsk_, so base64 of a 32-byte Ed25519 seed and its 32-byte public key must follow';
  if (bytes?.length !== 2 * KEY_BYTES) return unusable(fault);
  const [d, x] = [bytes.subarray(0, KEY_BYTES), bytes.subarray(KEY_BYTES)].map((half) => half.toString('base64url'));
  if (d === undefined || x === undefined) return unusable(fault);
  try {
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
    // Node derives the public half from the seed and accepts any `x`; nobody could verify the signatures of a mismatched pair.
    return createPublicKey(key).export({ format: 'jwk' }).x === x ? { kind: 'private', key } : unusable(fault);
  } catch {
    return unusable(fault);
  }
}

function unusable(rule: string): WebhookKey {
  return { kind: 'unusable', fault: `The secret ${rule}.` };
}
