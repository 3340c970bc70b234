declare const brand: unique symbol;

/**
 * Raw bytes whose signature was checked. Only `verifyDelivery` makes one, and for a configured source
 * `verifySourceDelivery`; it is all that a parser takes.
 */
export interface VerifiedDelivery {
  readonly [brand]: 'VerifiedDelivery';
  /** Who signed it: the id of a configured client. */
  readonly client: string;
  readonly source: string;
  readonly body: Buffer;
  /** The sender's id for this delivery; undefined when it gave none, and every repeat is then a run of its own. */
  readonly deliveryId: string | undefined;
}
