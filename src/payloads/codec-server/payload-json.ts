import type { Payload } from '@temporalio/common';

/** The body of a codec server's requests and answers: payloads as protobuf writes them in JSON, with bytes in base64. */
interface Body {
  readonly payloads: readonly PayloadJson[];
}

interface PayloadJson {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

/**
 * The payloads of a body.
 *
 * @returns undefined for a body of another form
 */
export function readPayloads(body: Uint8Array): Payload[] | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
  const { payloads } = Object(read) as { payloads?: unknown };
  if (!Array.isArray(payloads) || !payloads.every(isPayload)) return undefined;
  return payloads.map(({ metadata = {}, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
    ...(data !== undefined && { data: Buffer.from(data, 'base64') }),
  }));
}

/** A body with payloads. */
export function writePayloads(payloads: readonly Payload[]): string {
  const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const body: Body = {
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).flatMap(([name, bytes]) => (bytes ? [[name, toBase64(bytes)]] : [])),
      ),
      ...(data && { data: toBase64(data) }),
    })),
  };
  return JSON.stringify(body);
}

function isPayload(value: unknown): value is PayloadJson {
  if (typeof value !== 'object' || value === null) return false;
  const { metadata = {}, data = '' } = value as Record<string, unknown>;
  if (typeof data !== 'string' || typeof metadata !== 'object' || metadata === null) return false;
  return Object.values(metadata).every((text) => typeof text === 'string');
}
