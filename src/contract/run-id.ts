import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CHARACTERS = 26;

/** What makes a delivery the same delivery. */
export interface DeliveryIdentity {
  readonly client: string;
  readonly source: string;
  /** The sender's own id for the delivery. */
  readonly deliveryId: string;
}

/**
 * The run id, which is the workflow ID, of a delivery that has an id of its own: the same for every repeat.
 *
 * @returns `run-` and 26 characters of lower-case base32 (RFC 4648 alphabet), 130 bits of a SHA-256. Short, because
 * the list in the Temporal UI has room for some 36 characters.
 * @example
 * const workflowId = deriveRunId({ client: 'default', source: 'github', deliveryId: request.headers['x-github-delivery'] });
 */
export function deriveRunId(identity: DeliveryIdentity): string {
  // JSON keeps the three apart: ("a", "bc") and ("ab", "c") must not meet.
  const name = JSON.stringify([identity.client, identity.source, identity.deliveryId]);
  return `run-${base32(createHash('sha256').update(name).digest())}`;
}

/**
 * A fresh run id for a delivery without an id: every such delivery is a run of its own.
 *
 * @example
 * const workflowId = randomRunId();
 */
export function randomRunId(): string {
  return `run-${base32(randomBytes(17))}`;
}

/**
 * Whether a text has the form of a run id; anything else can't be one and need not be looked up.
 *
 * @example
 * isRunId('run-4x7q'); // false: 26 characters follow `run-`
 */
export function isRunId(text: string): boolean {
  return /^run-[a-z2-7]{26}$/.test(text);
}

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes.subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  bits >>= 6n; // 17 bytes are 136 bits, 26 characters 130
  let text = '';
  for (let i = 0; i < CHARACTERS; i++) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return text;
}
