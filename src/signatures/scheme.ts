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
      /** The sender's id for the delivery, where the signature covers one. */
      readonly deliveryId: string | undefined;
    }
  | { readonly ok: false; readonly reason: Refusal };

/** One way to sign a request. */
export interface SignatureScheme {
  /**
   * The header in which the sender gives the delivery an id that the signature does not cover, lower case. It is the
   * same on a redelivery, but whoever replays a request can write another.
   */
  readonly unsignedIdHeader?: string;
  /**
   * Judges a request. Never throws, whatever the headers hold: every malformed thing is a refusal.
   */
  verify(request: SignedRequest): Verdict;
}

/** The verdict for a refused request. */
export function refuse(reason: Refusal): Verdict {
  return { ok: false, reason };
}
