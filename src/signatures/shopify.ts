import { createGenericHmac } from './generic-hmac.ts';
import { readHeader } from './read-header.ts';
import type { SignatureScheme } from './scheme.ts';
import { findTextSecretFault } from './text-key.ts';

const HEADER = 'x-shopify-hmac-sha256';
const webhooks = createGenericHmac({ header: HEADER, encoding: 'base64', idHeader: 'X-Shopify-Webhook-Id' });
/** Shopify's "Events", in preview: the same without `X-`. */
const events = createGenericHmac({
  header: 'Shopify-Hmac-SHA256',
  encoding: 'base64',
  idHeader: 'Shopify-Webhook-Id',
});

/**
 * `X-Shopify-Hmac-SHA256`, or the same without `X-`: HMAC-SHA256 over the raw body in base64. There is no timestamp, so
 * that a request can be replayed. After a rotation Shopify may go on with the old secret for an hour.
 *
 * Source: Shopify, "Verify webhook deliveries" and "Verify Events deliveries".
 */
export const shopify: SignatureScheme = {
  unsignedIdHeaders: [...webhooks.unsignedIdHeaders, ...events.unsignedIdHeaders],
  verify: (request) => (readHeader(request.headers, HEADER) === undefined ? events : webhooks).verify(request),
  findSecretFault: findTextSecretFault,
};
