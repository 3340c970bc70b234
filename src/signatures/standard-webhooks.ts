import { createHmac, sign, verify, type KeyObject } from 'node:crypto';
import {
  isDeliveryId,
  isSignature,
  judgeTimestamp,
  MAX_ENTRIES,
  readHeader,
  refuse,
  type SignatureScheme,
  type SignedRequest,
  type Verdict,
} from './scheme.ts';
import { decodeBase64, readWebhookKey } from './secret-key.ts';

const WINDOW_S = 300;
/**
 * Each Ed25519 check hashes the whole body once more, and the sender decides how many there are. A sender that rotates its
 * keys signs with two.
 */
const MAX_PUBLIC_KEY_ENTRIES = 4;

const PARTS = ['id', 'timestamp', 'signature'] as const;
export const STANDARD_WEBHOOK_HEADERS = PARTS.map((part) => `webhook-${part}` as const);

/**
 * Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`, a list of signatures split by spaces.
 * `v1` is HMAC-SHA256 and `v1a` Ed25519, both over `id.timestamp.body` and in base64; entries of other versions are
 * skipped. For the secrets see `readWebhookKey`. The timestamp may be 300 s off, either way.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks = createScheme('webhook');

/** Standard Webhooks by the names that Svix gives the three headers: `svix-id` and so on. */
export const svix = createScheme('svix');

function createScheme(prefix: 'webhook' | 'svix'): SignatureScheme {
  return {
    unsignedIdHeaders: [],
    verify: (request) => judge(request, prefix),
    findSecretFault(secret) {
      const key = readWebhookKey(secret);
      if (key.kind === 'private') return 'The secret is a whsk_ key, which only signs: use its whpk_ key.';
      return key.kind === 'unusable' ? key.fault : undefined;
    },
  };
}

function judge({ headers, body, secrets, now }: SignedRequest, prefix: string): Verdict {
  const [id, timestamp, signature] = PARTS.map((part) => readHeader(headers, `${prefix}-${part}`));
  if (id === undefined && timestamp === undefined && signature === undefined) return refuse('signature_missing');
  if (id === undefined || timestamp === undefined || signature === undefined) return refuse('signature_invalid');
  if (!isMessageId(id)) return refuse('signature_invalid');
  const refusal = judgeTimestamp(timestamp, now, WINDOW_S);
  if (refusal !== undefined) return refuse(refusal);
  const entries = signature.split(' ', MAX_ENTRIES);
  const content = toContent(id, timestamp, body);
  const holds = secrets.some((secret) => {
    const key = readWebhookKey(secret);
    if (key.kind === 'public') return holdsByPublicKey(entries, content, key.key);
    return key.kind === 'symmetric' && holdsByHmac(entries, content, key.key);
  });
  return holds ? { ok: true, deliveryId: id } : refuse('signature_invalid');
}

function holdsByHmac(entries: readonly string[], content: Uint8Array, key: Uint8Array): boolean {
  const expected = Buffer.from(toHmacEntry(key, content));
  return entries.some((entry) => isSignature(entry, expected));
}

function holdsByPublicKey(entries: readonly string[], content: Uint8Array, key: KeyObject): boolean {
  return entries
    .filter((entry) => /^v1a,[A-Za-z0-9+/]{86}==$/.test(entry))
    .slice(0, MAX_PUBLIC_KEY_ENTRIES)
    .some((entry) => {
      const given = decodeBase64(entry.slice('v1a,'.length));
      return given !== undefined && verify(null, content, key, given);
    });
}

/** What `signStandardWebhook` signs. */
export interface StandardWebhookMessage {
  /** Each one adds an entry to the signature, so that a receiver that knows any of them can check it. */
  readonly secrets: readonly string[];
  /** 1 to 255 visible ASCII characters, no timestamp between full stops; the same on every attempt to deliver one message. */
  readonly id: string;
  /** Seconds since the epoch, whole; the time of this attempt. */
  readonly timestamp: number;
  /** A text is signed as its UTF-8 bytes. */
  readonly body: string | Uint8Array;
}

/** The headers of a signed message. A type, not an interface, so that it fits a record of headers. */
export type StandardWebhookHeaders = Record<(typeof STANDARD_WEBHOOK_HEADERS)[number], string>;

/**
 * The three headers of a message, signed with every secret: `v1` for a shared one, `v1a` for a `whsk_` key. A `whpk_` key
 * can't sign and is skipped.
 *
 * @throws TypeError when no secret can sign, when one is unusable, or when id or timestamp is malformed
 */
export function signStandardWebhook({ secrets, id, timestamp, body }: StandardWebhookMessage): StandardWebhookHeaders {
  if (!isMessageId(id))
    throw new TypeError(`webhook-id "${id}" must be visible ASCII, at most 255, with no timestamp between full stops.`);
  const text = String(timestamp);
  if (judgeTimestamp(text, timestamp * 1000, 0) !== undefined)
    throw new TypeError(`webhook-timestamp ${text} must be whole seconds since the epoch.`);
  const content = toContent(id, text, body);
  const entries = secrets.flatMap((secret) => toEntry(secret, content));
  if (entries.length === 0) throw new TypeError('No secret can sign: add a shared secret or a whsk_ key.');
  return { 'webhook-id': id, 'webhook-timestamp': text, 'webhook-signature': entries.join(' ') };
}

function toEntry(secret: string, content: Uint8Array): string[] {
  const key = readWebhookKey(secret);
  if (key.kind === 'unusable') throw new TypeError(key.fault);
  if (key.kind === 'public') return [];
  if (key.kind === 'symmetric') return [toHmacEntry(key.key, content)];
  return [`v1a,${sign(null, content, key.key).toString('base64')}`];
}

function toHmacEntry(key: Uint8Array, content: Uint8Array): string {
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}

function toContent(id: string, timestamp: string, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'utf8'), bytes]);
}

/**
 * A delivery id without a timestamp between full stops: `a.1614265330.{"x` would move the start of a signed body into the id
 * while the signature still verifies. The specification allows no full stop at all, but ids that have one are in use.
 */
function isMessageId(text: string): boolean {
  return isDeliveryId(text) && !/\.\d{9,12}(?:\.|$)/.test(text);
}
