import { createHash, timingSafeEqual } from 'node:crypto';

/** Header names in lower case, as Node's `headers` or `headersDistinct` give them. */
export type SignedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How many entries of a signature header are looked at. Senders write one for each secret that they rotate; the header of a stranger
 * holds as many as fit.
 */
export const MAX_ENTRIES = 64;

/** A request as it came in, and what is known about its sender. */
export interface SignedRequest {
  /** For senders that sign it. */
  readonly method?: string;
  /** The whole URL that the sender knows, with its query, as the operator's settings and the request line give it. */
  readonly url?: string;
  readonly headers: SignedHeaders;
  /** The raw bytes, before any decoding or parsing. */
  readonly body: Uint8Array;
  /** Any of them verifies; there are several during a rotation. A secret that the scheme can't use verifies nothing. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch; judges signed timestamps. */
  readonly now: number;
}

/** Why a request is not trusted. `signature_missing` and `timestamp_out_of_window` say nothing about the secret. */
export type Refusal = 'signature_missing' | 'signature_invalid' | 'timestamp_out_of_window';

/** What a scheme says about a request. */
export type Verdict =
  | {
      readonly ok: true;
      /** The sender's id for the delivery, where the signature covers one: 1 to 255 visible ASCII characters. */
      readonly deliveryId: string | undefined;
    }
  | { readonly ok: false; readonly reason: Refusal };

/** One way to sign a request. */
export interface SignatureScheme {
  /**
   * Headers, in lower case, that carry a delivery id that the signature does not cover; the first one present counts. The
   * id stays the same on a redelivery, but whoever replays a request can write another.
   */
  readonly unsignedIdHeaders: readonly string[];
  /** Whether the signature covers the URL, so that it must be known what senders call this server. */
  readonly needsUrl?: boolean;
  /** The signed text as a template, for messages: `{timestamp}.{body}`. */
  readonly signs?: string;
  /** What to say about it at every start; continues after the name of the source. */
  readonly warning?: string;
  /** Judges a request. Never throws, whatever the headers hold: anything malformed is a refusal. */
  verify(request: SignedRequest): Verdict;
  /**
   * Why a secret can never verify anything, as a sentence that does not repeat it; undefined when it can. For the check
   * at start, because `verify` skips such a secret.
   */
  findSecretFault(secret: string): string | undefined;
}

/** The verdict for a refused request. */
export function refuse(reason: Refusal): Verdict {
  return { ok: false, reason };
}

/**
 * The one value of a header, or undefined when the header is absent.
 *
 * A repeated header reads as the empty text, which no scheme accepts: otherwise one value could be checked and another one
 * used later.
 *
 * @param name in lower case
 */
export function readHeader(headers: SignedHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  const [first, ...more] = value;
  return more.length === 0 ? first : '';
}

/** The one value of a query parameter; undefined when it is absent or repeated. */
export function readQuery(url: string | undefined, name: string): string | undefined {
  if (url === undefined) return undefined;
  const [value, ...more] = new URL(url).searchParams.getAll(name);
  return more.length === 0 ? value : undefined;
}

const TIMESTAMP = {
  s: /^(?:0|[1-9]\d{0,11})$/,
  ms: /^(?:0|[1-9]\d{0,14})$/,
  rfc3339: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/,
} as const;

/**
 * Judges a signed timestamp, as far from now into the past as into the future.
 *
 * @param text the sender's own text: digits only, without leading zeros, or a time of RFC 3339
 * @param now milliseconds since the epoch
 * @param windowSeconds how far off it may be, in seconds, the limit included
 * @param unit of the text
 * @returns why it is refused, or undefined when it is good
 */
export function judgeTimestamp(
  text: string,
  now: number,
  windowSeconds: number,
  unit: keyof typeof TIMESTAMP = 's',
): Refusal | undefined {
  if (!TIMESTAMP[unit].test(text)) return 'signature_invalid';
  const seconds = unit === 's' ? Number(text) : Math.floor((unit === 'ms' ? Number(text) : Date.parse(text)) / 1000);
  const off = Math.abs(Math.floor(now / 1000) - seconds);
  // With this comparison a clock that reads NaN refuses.
  return off <= windowSeconds ? undefined : 'timestamp_out_of_window';
}

/** Whether a text can be a delivery id: 1 to 255 visible ASCII characters. */
export function isDeliveryId(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text);
}

/** Whether two texts (as UTF-8) or byte strings are equal. Comparing digests hides where they differ, and their lengths. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a signature is the expected one. It takes the same time wherever they differ; unlike that of a secret, the length of
 * a signature is known to everybody, so that no digests are needed: a stranger may send dozens for each secret.
 */
export function isSignature(given: string, expected: Uint8Array): boolean {
  if (given.length !== expected.length) return false;
  const bytes = Buffer.from(given, 'utf8');
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function digest(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
