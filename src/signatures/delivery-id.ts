import { toRecord } from '../values/is-record.ts';

/** Whether a text can be a delivery id: 1 to 255 visible ASCII characters. */
export function isDeliveryId(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text);
}

/**
 * The delivery id in a field of a JSON body, which must have been verified.
 *
 * @param field a top-level field, such as `event_id`
 * @returns undefined when the body is no JSON object or has no such id
 */
export function readBodyId(body: Uint8Array, field: string): string | undefined {
  const id = toRecord(parseJson(body))[field];
  return typeof id === 'string' && isDeliveryId(id) ? id : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
