import { createHmac } from 'node:crypto';
import { constantTimeEqual } from './constant-time.ts';
import { judgeTimestamp } from './judge-timestamp.ts';
import { readHeader } from './read-header.ts';
import { refuse, type SignatureScheme, type SignedRequest, type Verdict } from './scheme.ts';
import { textKey } from './text-key.ts';

const WINDOW_S = 300;
const SECRET_PREFIX = 'whsec_';

export const STANDARD_WEBHOOK_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/**
 * Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`, a list of signatures split by spaces.
 * `v1` is HMAC-SHA256 over `id.timestamp.body` in base64; entries of other versions are passed over. A `whsec_` secret is
 * base64, any other its UTF-8 bytes. The timestamp may be 300 s off, either way.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks: SignatureScheme = { verify };

function verify({ headers, body, secrets, now }: SignedRequest): Verdict {
  const [id, timestamp, signatures] = STANDARD_WEBHOOK_HEADERS.map((name) => readHeader(headers, name));
  if (id === undefined && timestamp === undefined && signatures === undefined) return refuse('signature_missing');
  if (id === undefined || timestamp === undefined || signatures === undefined) return refuse('signature_invalid');
  if (!isId(id)) return refuse('signature_invalid');
  const refusal = judgeTimestamp(timestamp, now, WINDOW_S);
  if (refusal !== undefined) return refuse(refusal);
  const given = signatures.split(' ').filter((entry) => /^v1,[A-Za-z0-9+/]{43}=$/.test(entry));
  const holds = secrets.some((secret) => {
    const key = hmacKey(secret);
    if (key === undefined) return false;
    const expected = toEntry(key, id, timestamp, body);
    return given.some((entry) => constantTimeEqual(entry, expected));
  });
  return holds ? { ok: true, deliveryId: id } : refuse('signature_invalid');
}

/** What `signStandardWebhook` signs. */
export interface StandardWebhookMessage {
  /** Each one adds an entry to the signature, so that a receiver that knows any of them can check it. */
  readonly secrets: readonly string[];
  /** 1 to 255 visible ASCII characters, no timestamp between full stops; the same on every try of one message. */
  readonly id: string;
  /** Seconds since the epoch, whole; the time of this try. */
  readonly timestamp: number;
  /** A text is signed as its UTF-8 bytes. */
  readonly body: string | Uint8Array;
}

/** The headers of a signed message. A type, not an interface, so that it fits a record of headers. */
export type StandardWebhookHeaders = Record<(typeof STANDARD_WEBHOOK_HEADERS)[number], string>;

/**
 * The three headers of a message, signed with every secret.
 *
 * @throws TypeError when there is no secret, when one can't sign, or when id or timestamp is malformed
 */
export function signStandardWebhook({ secrets, id, timestamp, body }: StandardWebhookMessage): StandardWebhookHeaders {
  if (secrets.length === 0) throw new TypeError('A message needs at least one secret to sign it.');
  if (!isId(id))
    throw new TypeError(
      `webhook-id "${id}" must be 1 to 255 visible ASCII characters, without a timestamp between full stops.`,
    );
  if (!Number.isSafeInteger(timestamp) || timestamp < 0)
    throw new TypeError(`webhook-timestamp ${timestamp} must be whole seconds since the epoch.`);
  const entries = secrets.map((secret) => {
    const key = hmacKey(secret);
    if (key === undefined) throw new TypeError('A secret can not sign: whsec_ needs base64 after it, others any text.');
    return toEntry(key, id, String(timestamp), body);
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': entries.join(' ') };
}

/**
 * Visible ASCII, and no time of its own between full stops: `a.1614265330.{"x` would move the start of a signed body into
 * the id and leave the signature good. The specification would have no full stop at all; ids that have one are in use.
 */
function isId(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text) && !/\.\d{9,12}(?:\.|$)/.test(text);
}

function toEntry(key: Uint8Array, id: string, timestamp: string, body: string | Uint8Array): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

function hmacKey(secret: string): Uint8Array | undefined {
  if (!secret.startsWith(SECRET_PREFIX)) return textKey(secret);
  const encoded = secret.slice(SECRET_PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  // Buffer passes over what is not base64; a mistyped secret must not become a shorter one.
  const isBase64 = key.toString('base64').replaceAll('=', '') === encoded.replace(/={1,2}$/, '');
  return isBase64 && key.length > 0 ? key : undefined;
}
