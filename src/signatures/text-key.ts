/** What `textKey` asks of a secret. */
export const TEXT_SECRET_RULE = 'must be text that is not blank, and neither a whpk_ nor a whsk_ key';

/**
 * The HMAC key of a secret that is taken as it is written: its UTF-8 bytes.
 *
 * @returns undefined for a secret that may not be an HMAC key: a blank one, which anyone can guess, and the keys of a key
 * pair, since the public one is known to all
 */
export function textKey(secret: string): Uint8Array | undefined {
  if (secret.trim() === '' || /^wh[ps]k_/.test(secret)) return undefined;
  return Buffer.from(secret, 'utf8');
}

/** Why a secret can't be an HMAC key as it is written, as a sentence; undefined when it can. */
export function findTextSecretFault(secret: string): string | undefined {
  return textKey(secret) === undefined ? `The secret ${TEXT_SECRET_RULE}.` : undefined;
}
