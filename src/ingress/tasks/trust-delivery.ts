import type { IncomingMessage } from 'node:http';
import type { VerifiedDelivery } from './accept-task.ts';
import { readDeliveryId } from './read-delivery-id.ts';
import { refuseOtherThanJson } from './refuse-other-than-json.ts';

/**
 * The delivery of a caller whose API key was checked instead of a signature. Its id means the same run as an unsigned id of the same
 * client at `/webhook`.
 *
 * @param client whose key it was
 * @throws ProblemError `unsupported_media_type`, `invalid_idempotency_key`
 */
export function trustDelivery(
  client: string,
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
): VerifiedDelivery {
  refuseOtherThanJson(headers);
  return { client, source: 'webhook', body, deliveryId: readDeliveryId(headers), signedId: false } as VerifiedDelivery;
}
