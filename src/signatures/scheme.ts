/** Header names in lower case, as Node's `headers` or `headersDistinct` give them. */
export type SignedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request as it came in, and what is known about its sender. */
export interface SignedRequest {
  readonly headers: SignedHeaders;
  /** The raw bytes, before any decoding or parsing. */
  readonly body: Uint8Array;
  /** Any of them verifies; several while rotating. One that the scheme can't use verifies nothing. */
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
   * Headers, in lower case, in which the sender gives the delivery an id that the signature does not cover; the first
   * one that is there counts. The id is the same on a redelivery, but whoever replays a request can write another.
   */
  readonly unsignedIdHeaders: readonly string[];
  /** Judges a request. Never throws, whatever the headers hold: every malformed thing is a refusal. */
  verify(request: SignedRequest): Verdict;
  /**
   * Why a secret can never verify anything, as a sentence that does not repeat it; undefined when it can. For the check
   * at start, since `verify` passes over such a secret.
   */
  findSecretFault(secret: string): string | undefined;
}

/** The verdict for a refused request. */
export function refuse(reason: Refusal): Verdict {
  return { ok: false, reason };
}
