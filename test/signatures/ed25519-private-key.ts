import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** An Ed25519 key from its 32-byte seed by way of PKCS #8 (RFC 8410), and not of JWK as the code under test does. */
export function ed25519PrivateKey(seed: Uint8Array): { readonly key: KeyObject; readonly publicBytes: Buffer } {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicBytes = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { key, publicBytes };
}
