import { createHmac } from 'node:crypto';
import { checkGenericHmacOptions, DEFAULT_WINDOW_S, type GenericHmacOptions } from './generic-hmac-options.ts';
import {
  isDeliveryId,
  isSignature,
  judgeTimestamp,
  MAX_ENTRIES,
  readHeader,
  refuse,
  type SignatureScheme,
  type SignedHeaders,
  type SignedRequest,
  type Verdict,
} from './scheme.ts';
import { findTextSecretFault, textKey } from './secret-key.ts';
import { parseTemplate, renderTemplate } from './signed-template.ts';
import { toRecord } from '../values/is-record.ts';

/**
 * A scheme by HMAC over a template. The key is the secret's UTF-8 bytes.
 *
 * @throws TypeError when the options don't fit together, with the fix; meant for the start, not for a request
 */
export function createGenericHmac(options: GenericHmacOptions): SignatureScheme {
  checkGenericHmacOptions(options);
  const parts = parseTemplate(options.template ?? '{body}');
  const signsTimestamp = parts.some((part) => part.kind === 'timestamp');
  const signsId = parts.some((part) => part.kind === 'id');
  const hasTimestamp = options.timestampHeader !== undefined || options.timestampKey !== undefined;
  if (signsTimestamp !== hasTimestamp)
    throw new TypeError('A timestamp needs both {timestamp} in the template and timestampHeader or timestampKey.');
  if (signsId && options.idHeader === undefined) throw new TypeError('{id} in the template needs idHeader.');
  const idHeader = options.idHeader?.toLowerCase();
  const { algorithm = 'sha256', encoding = 'hex' } = options;

  function verify({ headers, body, secrets, now }: SignedRequest): Verdict {
    const given = readSignatures(headers, options);
    if (given === undefined) return refuse('signature_missing');
    const { timestamp } = given;
    if (signsTimestamp) {
      const refusal = judgeTimestamp(timestamp ?? '', now, options.windowSeconds ?? DEFAULT_WINDOW_S);
      if (refusal !== undefined) return refuse(refusal);
    }
    const id = signsId && idHeader !== undefined ? readHeader(headers, idHeader) : undefined;
    if (signsId && !isDeliveryId(id ?? '')) return refuse('signature_invalid');
    const content = renderTemplate(parts, { body, timestamp, id, header: (name) => readHeader(headers, name) });
    if (content === undefined) return refuse('signature_invalid');
    const signatures = encoding === 'hex' ? given.signatures.map((text) => text.toLowerCase()) : given.signatures;
    const holds = secrets.some((secret) => {
      const key = textKey(secret);
      if (key === undefined) return false;
      const expected = Buffer.from(createHmac(algorithm, key).update(content).digest(encoding));
      return signatures.some((signature) => isSignature(signature, expected));
    });
    if (!holds) return refuse('signature_invalid');
    return { ok: true, deliveryId: options.idField === undefined ? id : readBodyId(body, options.idField) };
  }

  return {
    unsignedIdHeaders: signsId || idHeader === undefined ? [] : [idHeader],
    verify,
    findSecretFault: findTextSecretFault,
  };
}

interface GivenSignatures {
  readonly signatures: readonly string[];
  readonly timestamp: string | undefined;
}

function readSignatures(headers: SignedHeaders, options: GenericHmacOptions): GivenSignatures | undefined {
  const text = readHeader(headers, options.header.toLowerCase());
  if (text === undefined) return undefined;
  const { prefix = '', separator, signatureKey, timestampKey, timestampHeader } = options;
  const besides = timestampHeader === undefined ? undefined : readHeader(headers, timestampHeader.toLowerCase());
  if (signatureKey === undefined) {
    if (!text.startsWith(prefix)) return { signatures: [], timestamp: besides };
    const rest = text.slice(prefix.length);
    const all = separator === undefined ? [rest] : rest.split(separator, MAX_ENTRIES);
    return { signatures: all, timestamp: besides };
  }
  const items = parseCompositeHeader(text);
  const signatures = items?.get(signatureKey) ?? [];
  if (timestampKey === undefined) return { signatures, timestamp: besides };
  const [timestamp, ...more] = items?.get(timestampKey) ?? [];
  return { signatures, timestamp: more.length === 0 ? timestamp : undefined };
}

/**
 * Reads a header such as `t=1614265330,v1=ab12,v1=cd34`.
 *
 * @returns the values of each key, in order, of the first `MAX_ENTRIES` items; undefined when an item is not `key=value`
 */
function parseCompositeHeader(text: string): ReadonlyMap<string, readonly string[]> | undefined {
  const items = new Map<string, string[]>();
  for (const item of text.split(',', MAX_ENTRIES)) {
    const [, key, value] = /^([^=\s]+)=(\S+)$/.exec(item.trim()) ?? [];
    if (key === undefined || value === undefined) return undefined;
    const values = items.get(key);
    if (values === undefined) items.set(key, [value]);
    else values.push(value);
  }
  return items;
}

/**
 * The delivery id in a top-level field of a verified JSON body, such as `event_id`.
 *
 * @returns undefined when the body is not a JSON object or has no such id
 */
function readBodyId(body: Uint8Array, field: string): string | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  const id = toRecord(content)[field];
  return typeof id === 'string' && isDeliveryId(id) ? id : undefined;
}
