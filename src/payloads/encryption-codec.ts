import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import proto from '@temporalio/proto';
import { PayloadError } from './payload-error.ts';

/** A key by the id that payloads name. */
export interface EncryptionKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: KeyObject;
}

export interface EncryptionOptions {
  /** The first one encrypts, all decrypt. Empty: nothing is encrypted, and what is encrypted cannot be read. */
  readonly keys: readonly EncryptionKey[];
  /** Whether a payload is refused in another workflow than its own. Default: yes. A replay does not know the workflow's id. */
  readonly checksWorkflow?: boolean;
}

/** Metadata of an encrypted payload. */
const META = { encoding: 'encoding', keyId: 'encryption-key-id', workflowId: 'encryption-workflow-id' } as const;
/** Names the format: another one gets another name. */
export const ENCRYPTED = 'binary/garudust-encrypted';

const CIPHER = 'aes-256-gcm';
/** Data of an encrypted payload: salt, initialization vector, ciphertext, tag. */
const BYTES = { salt: 16, iv: 12, tag: 16, key: 32 } as const;
const HKDF_INFO = 'garudust-temporal payload';

const PayloadMessage = proto.temporal.api.common.v1.Payload;

/**
 * Encrypts payloads with AES-256-GCM.
 *
 * Each payload has a key of its own, derived by HKDF from the configured one and a random salt, so that no number of payloads
 * wears a key out (a random vector alone allows 2^32 under one key). The id of the key and the workflow's id, where the SDK
 * tells it, stand in the metadata and are authenticated: a payload that was moved to another workflow is refused there. Payloads
 * that are not encrypted pass, so that old runs stay readable.
 *
 * `decode` rejects with a PayloadError for a key that is not configured and for a payload that was altered or moved.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #current: EncryptionKey | undefined;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #checksWorkflow: boolean;

  constructor({ keys, checksWorkflow = true }: EncryptionOptions) {
    [this.#current] = keys;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    this.#checksWorkflow = checksWorkflow;
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const current = this.#current;
    if (current === undefined) return payloads;
    return payloads.map((payload) => seal(payload, current, context?.workflowId));
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return payloads.map((payload) => this.#open(payload, context?.workflowId));
  }

  #open(payload: Payload, foundIn: string | undefined): Payload {
    if (readMeta(payload, META.encoding) !== ENCRYPTED) return payload;
    const keyId = readMeta(payload, META.keyId) ?? '';
    const workflowId = readMeta(payload, META.workflowId);
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new PayloadError(this.#explainUnknown(keyId));
    const opened = decrypt(payload.data ?? new Uint8Array(), key, authenticated(keyId, workflowId));
    if (opened === undefined) {
      throw new PayloadError(
        `A payload cannot be decrypted with the key ${show(keyId)}: this key has another value here than where it encrypted, or the payload was altered.`,
      );
    }
    if (this.#checksWorkflow && workflowId !== undefined && foundIn !== undefined && !isOf(workflowId, foundIn)) {
      throw new PayloadError(`A payload of the workflow ${show(workflowId)} was put into another one, and is refused.`);
    }
    return PayloadMessage.decode(opened);
  }

  #explainUnknown(keyId: string): string {
    const found = `A payload is encrypted with the key ${show(keyId)}`;
    if (this.#keys.size === 0)
      return `${found}, and this process has no payload keys: set PAYLOAD_KEYS (payloads.keys).`;
    const known = [...this.#keys.keys()].join(', ');
    return `${found}, which PAYLOAD_KEYS (payloads.keys) does not list: add it behind the first one. It lists ${known}.`;
  }
}

function seal(payload: Payload, { id, key }: EncryptionKey, workflowId: string | undefined): Payload {
  const random = randomBytes(BYTES.salt + BYTES.iv);
  const cipher = createCipheriv(CIPHER, derive(key, random.subarray(0, BYTES.salt)), random.subarray(BYTES.salt));
  cipher.setAAD(authenticated(id, workflowId));
  const ciphertext = cipher.update(PayloadMessage.encode(payload).finish());
  return {
    metadata: {
      [META.encoding]: Buffer.from(ENCRYPTED),
      [META.keyId]: Buffer.from(id),
      ...(workflowId !== undefined && { [META.workflowId]: Buffer.from(workflowId) }),
    },
    data: Buffer.concat([random, ciphertext, cipher.final(), cipher.getAuthTag()]),
  };
}

/** @returns undefined where the tag does not hold */
function decrypt(data: Uint8Array, key: KeyObject, aad: Buffer): Uint8Array | undefined {
  const start = BYTES.salt + BYTES.iv;
  const end = data.length - BYTES.tag;
  if (end < start) return undefined;
  const decipher = createDecipheriv(
    CIPHER,
    derive(key, data.subarray(0, BYTES.salt)),
    data.subarray(BYTES.salt, start),
    {
      authTagLength: BYTES.tag,
    },
  );
  decipher.setAAD(aad).setAuthTag(data.subarray(end));
  try {
    return Buffer.concat([decipher.update(data.subarray(start, end)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function derive(key: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, HKDF_INFO, BYTES.key));
}

/** What is authenticated beside the ciphertext. */
function authenticated(keyId: string, workflowId: string | undefined): Buffer {
  return Buffer.from(JSON.stringify([ENCRYPTED, keyId, workflowId ?? null]));
}

/** Whether a workflow may hold a payload. The SDK knows a schedule's workflows before Temporal adds the time to their ids. */
function isOf(workflowId: string, foundIn: string): boolean {
  if (foundIn === workflowId) return true;
  return foundIn.startsWith(`${workflowId}-`) && SCHEDULED_TIME.test(foundIn.slice(workflowId.length + 1));
}

const SCHEDULED_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function readMeta({ metadata }: Payload, name: string): string | undefined {
  const bytes = metadata?.[name];
  return bytes === undefined || bytes === null ? undefined : Buffer.from(bytes).toString();
}

/** An id from a payload, which anybody may have written. */
function show(id: string): string {
  return JSON.stringify(id.slice(0, MAX_SHOWN));
}

const MAX_SHOWN = 100;
