import { createGenericHmac } from './generic-hmac.ts';

/**
 * `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 over `t.body` in hex; several `v1` while a secret is rolled, and other
 * versions don't count. The key is the whole `whsec_…` text. The timestamp may be 300 s off, either way.
 *
 * Source: Stripe, "Verify webhook signatures manually".
 */
export const stripe = createGenericHmac({
  header: 'Stripe-Signature',
  signatureKey: 'v1',
  timestampKey: 't',
  template: '{timestamp}.{body}',
  idField: 'id',
});
