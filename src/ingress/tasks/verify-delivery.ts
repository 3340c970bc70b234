import type { IncomingMessage } from 'node:http';
import { Turns } from '../limits/turns.ts';
import type { VerifiedDelivery } from './accept-task.ts';
import { ClientOrder, findSigner, type SigningClient } from './find-signer.ts';
import { readDeliveryId } from './read-delivery-id.ts';
import { refuseOtherThanJson } from './refuse-other-than-json.ts';

export interface VerifyDeps {
  readonly clients: readonly SigningClient[];
  /** Milliseconds since the epoch, for signed timestamps. Default: `Date.now`. */
  readonly now?: () => number;
}

/**
 * Verifies the signature over the raw body. The client whose secret matches is the sender.
 *
 * A signed `webhook-id` is the delivery id; no unsigned header can override it, and an unsigned id never names the same run.
 *
 * It rejects with a ProblemError: `signature_missing`, `signature_invalid`, `timestamp_out_of_window`, `overloaded` while
 * too many large deliveries wait for their turn, and then `unsupported_media_type` or `invalid_idempotency_key`.
 */
export type VerifyDelivery = (
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
  /** The id of the client, if the sender names it: then only that client's secrets are tried, and nothing waits. */
  hint?: string,
) => Promise<VerifiedDelivery>;

/** How many deliveries may wait while their senders are looked for. */
const MAX_WAITING = 16;
const TOO_MANY =
  'Too many large deliveries that name no client wait for their signature to be checked: retry, or post to /webhook/<client>.';

/** Makes the function that verifies the deliveries of a process. */
export function createVerifyDelivery({ clients, now = Date.now }: VerifyDeps): VerifyDelivery {
  const order = new ClientOrder(clients);
  const turns = new Turns(MAX_WAITING, TOO_MANY);
  return async (headers, body, hint) => {
    const { client, webhookId } = await turns.take(findSigner({ headers, body, now: now() }, order.toTry(hint)));
    order.signed(client);
    refuseOtherThanJson(headers);
    const deliveryId = webhookId ?? readDeliveryId(headers);
    const delivery = { client, source: 'webhook', body, deliveryId, signedId: webhookId !== undefined };
    return delivery as VerifiedDelivery;
  };
}
