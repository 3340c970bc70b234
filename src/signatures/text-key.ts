/**
 * The HMAC key of a secret that is taken as it is written: its UTF-8 bytes.
 *
 * @returns undefined for a secret that may not be an HMAC key: the empty one, which anyone can guess, and the keys of a
 * key pair, since the public one is known to all
 */
export function textKey(secret: string): Uint8Array | undefined {
  if (secret === '' || /^wh[ps]k_/.test(secret)) return undefined;
  return Buffer.from(secret, 'utf8');
}
