import type { LoadedDataConverter, Payload, SerializationContext } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

/**
 * Reads the first of some payloads as a client or worker with this data converter would: what the SDK does for calls of its own,
 * for those that go to the service directly.
 *
 * @param context whose payload it is, for codecs that bind payloads to their workflow
 * @returns undefined when there is none
 * @throws PayloadError for a payload that cannot be read here
 */
export async function readFirstPayload(
  converter: LoadedDataConverter,
  payloads: readonly Payload[] | null | undefined,
  context: SerializationContext,
): Promise<unknown> {
  const [first] = payloads ?? [];
  if (first === undefined) return undefined;
  const [value] = await decodeArrayFromPayloads(converter, [first], context);
  return value;
}
