import type { LoadedDataConverter, Payload, SerializationContext } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  ExternalStorageRunner,
  isReferencePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { PayloadError } from './payload-error.ts';

/**
 * Reads the first of some payloads as a client or worker with this data converter would: what the SDK does for calls of its own,
 * for those that go to the service directly.
 *
 * @param context whose payload it is, for codecs that bind payloads to their workflow
 * @returns undefined when there is none
 * @throws PayloadError for a payload that cannot be read here, and the error of a store that does not answer
 */
export async function readFirstPayload(
  converter: LoadedDataConverter,
  payloads: readonly Payload[] | null | undefined,
  context: SerializationContext,
): Promise<unknown> {
  const [first] = payloads ?? [];
  if (first === undefined) return undefined;
  const stored = isReferencePayload(first) ? await retrieve(converter, first) : [first];
  const [value] = await decodeArrayFromPayloads(converter, stored, context);
  return value;
}

async function retrieve({ externalStorage }: LoadedDataConverter, reference: Payload): Promise<Payload[]> {
  if (externalStorage === undefined) {
    throw new PayloadError(
      'A payload is in a store of large payloads, and this process has none: set PAYLOAD_STORAGE (payloads.storage).',
    );
  }
  return new ExternalStorageRunner(externalStorage).retrieve([reference]);
}
