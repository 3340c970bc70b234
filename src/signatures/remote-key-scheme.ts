import type { Refusal, SignatureScheme, SignedRequest, Verdict } from './scheme.ts';

/** A document with keys, as it was fetched. */
export interface KeyDocument {
  readonly text: string;
}

/** Where the key of a request stands. */
export interface KeyPlace {
  readonly ok: true;
  readonly url: string;
  /** Whether the request has chosen the URL, so that a document that is not there says something about the request. */
  readonly mayBeAbsent: boolean;
  /** Whether a text is a document of this kind. */
  isValid(document: KeyDocument): boolean;
  /** Whether it has the key that the request names. */
  has(document: KeyDocument): boolean;
}

/** A request without secrets: the key comes from elsewhere. */
export type KeyedRequest = Omit<SignedRequest, 'secrets'>;

/** One way to sign a request with a key that stands at another host. Fetching it is the caller's part. */
export interface RemoteKeyScheme extends Pick<SignatureScheme, 'needsUrl' | 'signs' | 'warning'> {
  /**
   * Finds where the key stands. What can be refused without the key is refused here, so that it costs no fetch. Never throws.
   */
  findKey(request: KeyedRequest): KeyPlace | { readonly ok: false; readonly reason: Refusal };
  /** Judges a request by a document that `has` its key. Never rejects. */
  verify(request: KeyedRequest, document: KeyDocument): Promise<Verdict>;
}
