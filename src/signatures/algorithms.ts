import { createHmac, type KeyObject, verify } from 'node:crypto';
import { readPublicKey } from './public-key.ts';
import { constantTimeEqual, isSignature } from './scheme.ts';
import { decodeBase64, findTextSecretFault, textKey } from './secret-key.ts';

/** Each check by a public key hashes the signed bytes once more, and the sender decides how many entries there are. */
const MAX_PUBLIC_KEY_ENTRIES = 4;

/** How a proof is judged. */
export interface ProofCheck {
  readonly encoding: 'hex' | 'base64';
  readonly keyEncoding: 'text' | 'hex' | 'base64';
}

interface Algorithm {
  readonly kind: 'hmac' | 'plain' | 'publicKey';
  /** What to say about it at every start. */
  readonly warning?: string;
  /** Why a secret can't verify anything, as a sentence that does not repeat it. */
  findSecretFault(secret: string, check: ProofCheck): string | undefined;
  /**
   * Whether one of the entries is the proof. One signature is computed for each secret, however many entries there are.
   *
   * @param content the signed bytes
   */
  holds(secret: string, content: Uint8Array, entries: readonly string[], check: ProofCheck): boolean;
}

/** Every way to prove: one row each. The key is given; nothing in a request chooses it or the algorithm. */
export const ALGORITHMS = {
  sha256: hmacBy('sha256'),
  sha512: hmacBy('sha512'),
  sha1: { ...hmacBy('sha1'), warning: 'is verified by HMAC-SHA1, which is obsolete: choose SHA-256 if the sender can' },
  /** The secret itself. It proves nothing about the body, and whoever sees one request can make others. */
  plain: {
    kind: 'plain',
    findSecretFault: findTextSecretFault,
    holds(secret, _content, entries) {
      const key = textKey(secret);
      return (
        key !== undefined &&
        entries.some((entry) => {
          // HTTP decodes the bytes of a header as Latin-1, whatever they were.
          const bytes = Buffer.from(entry, 'latin1');
          const given = bytes.toString('latin1') === entry ? bytes : Buffer.from(entry, 'utf8');
          return constantTimeEqual(given, key) || constantTimeEqual(entry, key);
        })
      );
    },
  },
  ed25519: publicKeyBy('ed25519', (content, key, signature) => verify(null, content, key, signature)),
  'ecdsa-p256': publicKeyBy('ecdsa-p256', (content, key, signature) =>
    // Two numbers of 32 bytes (IEEE P1363), or the same in DER.
    verify('sha256', content, { key, dsaEncoding: signature.length === 64 ? 'ieee-p1363' : 'der' }, signature),
  ),
  'rsa-sha256': publicKeyBy('rsa', (content, key, signature) => verify('sha256', content, key, signature)),
  'rsa-sha1': {
    ...publicKeyBy('rsa', (content, key, signature) => verify('sha1', content, key, signature)),
    warning: 'is verified by RSA-SHA1, which is obsolete: choose SHA-256 if the sender can',
  },
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;

function hmacBy(hash: string) {
  return {
    kind: 'hmac',
    findSecretFault(secret: string, { keyEncoding }: ProofCheck): string | undefined {
      if (keyEncoding === 'text') return findTextSecretFault(secret);
      return hmacKey(secret, keyEncoding) === undefined
        ? `The secret is not ${keyEncoding}: copy the whole of it.`
        : undefined;
    },
    holds(
      secret: string,
      content: Uint8Array,
      entries: readonly string[],
      { encoding, keyEncoding }: ProofCheck,
    ): boolean {
      const key = hmacKey(secret, keyEncoding);
      if (key === undefined) return false;
      const expected = Buffer.from(createHmac(hash, key).update(content).digest(encoding));
      return entries.some((entry) => isSignature(encoding === 'hex' ? entry.toLowerCase() : entry, expected));
    },
  } as const;
}

function hmacKey(secret: string, encoding: ProofCheck['keyEncoding']): Uint8Array | undefined {
  if (encoding === 'text') return textKey(secret);
  const bytes = encoding === 'base64' ? decodeBase64(secret) : decodeHex(secret);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

/** The bytes of a hex text of either case; undefined for anything else. */
export function decodeHex(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

function publicKeyBy(
  type: 'ed25519' | 'ecdsa-p256' | 'rsa',
  check: (content: Uint8Array, key: KeyObject, signature: Buffer) => boolean,
) {
  return {
    kind: 'publicKey',
    findSecretFault(secret: string): string | undefined {
      const key = readPublicKey(secret, type);
      return typeof key === 'string' ? key : undefined;
    },
    holds(secret: string, content: Uint8Array, entries: readonly string[], { encoding }: ProofCheck): boolean {
      const key = readPublicKey(secret, type);
      if (typeof key === 'string') return false;
      return entries.slice(0, MAX_PUBLIC_KEY_ENTRIES).some((entry) => {
        const signature = encoding === 'hex' ? decodeHex(entry) : decodeBase64(entry);
        try {
          return signature !== undefined && check(content, key, signature);
        } catch {
          return false; // OpenSSL throws for some malformed signatures
        }
      });
    },
  } as const;
}
