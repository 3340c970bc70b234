import { createHash, randomBytes } from 'node:crypto';
import { RUN_ID_ALPHABET, RUN_ID_CHARACTERS } from './run-id-form.ts';

/** What identifies a delivery. */
export interface DeliveryIdentity {
  readonly client: string;
  readonly source: string;
  /** The sender's ID of the delivery. */
  readonly deliveryId: string;
  /** Whether the signature covers the ID of a task. Then no unsigned ID names the same run. Default: false. */
  readonly signedId?: boolean;
}

/**
 * The run ID, which is the workflow ID, of a delivery with its own ID: the same for every repeat.
 *
 * @returns `run-` and 26 characters of lower-case base32 (RFC 4648 alphabet), 130 bits of a SHA-256. Short, because
 * the list in the Temporal UI shows about 36 characters.
 * @example
 * const workflowId = deriveRunId({ client: 'default', source: 'github', deliveryId: request.headers['x-github-delivery'] });
 */
export function deriveRunId(identity: DeliveryIdentity): string {
  // JSON separates the parts: ("a", "bc") and ("ab", "c") must differ.
  const name = JSON.stringify([
    identity.client,
    identity.source,
    identity.deliveryId,
    ...(identity.signedId === true ? ['signed'] : []),
  ]);
  return `run-${base32(createHash('sha256').update(name).digest())}`;
}

/** The run IDs that a delivery can have whose sender may or may not have signed its ID. */
export function deliveryRunIds(identity: Omit<DeliveryIdentity, 'signedId'>): string[] {
  return [deriveRunId(identity), deriveRunId({ ...identity, signedId: true })];
}

/**
 * A new run ID for a delivery without an ID: each such delivery is a separate run.
 *
 * @example
 * const workflowId = randomRunId();
 */
export function randomRunId(): string {
  return `run-${base32(randomBytes(17))}`;
}

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes.subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  bits >>= 6n; // 17 bytes are 136 bits, 26 characters 130
  let text = '';
  for (let i = 0; i < RUN_ID_CHARACTERS; i++) {
    text = (RUN_ID_ALPHABET[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return text;
}
