import { createHash } from 'node:crypto';
import { type Payload, type StorageDriver, StorageDriverClaim, type StorageDriverTargetInfo } from '@temporalio/common';
import proto from '@temporalio/proto';
import { PayloadError } from '../payload-error.ts';
import type { ObjectStore } from './object-store.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;
/** Namespace, workflow, SHA-256 of the content. What a history says is not trusted with any other path. */
const KEY = /^[\w-]{1,100}\/[\w-]{1,100}\/([\da-f]{64})$/;

/**
 * The SDK's driver on a store. An object is named after its content, so that a step that is repeated stores it once, and after its
 * workflow, so that the objects of a run can be found. `retrieve` rejects with a PayloadError for one that is gone or was altered.
 */
export function createStorageDriver(store: ObjectStore): StorageDriver {
  return {
    // Stands in every reference: it must never change.
    name: 'garudust-temporal',
    type: 'garudust-temporal.objects',
    store: ({ target, abortSignal }, payloads) =>
      Promise.all(
        payloads.map(async (payload) => {
          const bytes = PayloadMessage.encode(payload).finish();
          const key = `${folderOf(target)}/${createHash('sha256').update(bytes).digest('hex')}`;
          await store.put(key, bytes, abortSignal);
          return new StorageDriverClaim({ key });
        }),
      ),
    retrieve: ({ abortSignal }, claims) => Promise.all(claims.map((claim) => retrieve(store, claim, abortSignal))),
  };
}

async function retrieve(
  store: ObjectStore,
  { claimData }: StorageDriverClaim,
  signal: AbortSignal | undefined,
): Promise<Payload> {
  const { key = '' } = claimData;
  const [, hash] = KEY.exec(key) ?? [];
  if (hash === undefined) throw new PayloadError('A reference to a stored payload has no valid key, and is refused.');
  const bytes = await store.get(key, signal);
  if (bytes === undefined) {
    throw new PayloadError(`The stored payload ${key} is gone: keep objects for as long as Temporal keeps runs.`);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== hash) {
    throw new PayloadError(`The stored payload ${key} was altered, and is refused.`);
  }
  return PayloadMessage.decode(bytes);
}

function folderOf(target: StorageDriverTargetInfo | undefined): string {
  return `${toName(target?.namespace ?? 'default')}/${toName(target?.id ?? 'other')}`;
}

/** A name as a path can have it; ids of other workflows may be anything. */
function toName(text: string): string {
  return /^[\w-]{1,100}$/.test(text) ? text : createHash('sha256').update(text).digest('hex').slice(0, 32);
}
