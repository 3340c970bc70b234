import { createGenericHmac } from './generic-hmac.ts';

/**
 * `X-Shopify-Hmac-SHA256`, HMAC-SHA256 over the raw body in base64. There is no timestamp, so that a request can be
 * replayed. After a rotation Shopify may go on with the old secret for an hour.
 *
 * Source: Shopify, "Verify webhook deliveries".
 */
export const shopify = createGenericHmac({
  header: 'X-Shopify-Hmac-SHA256',
  encoding: 'base64',
  idHeader: 'X-Shopify-Webhook-Id',
});
