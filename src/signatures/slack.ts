import { createGenericHmac } from './generic-hmac.ts';

/**
 * `X-Slack-Signature: v0=<hex>`, HMAC-SHA256 over `v0:timestamp:body`. The timestamp may be 300 s off, either way. The
 * delivery id is `event_id`, which events have, but neither slash commands nor `url_verification`.
 *
 * Source: Slack, "Verifying requests from Slack".
 */
export const slack = createGenericHmac({
  header: 'X-Slack-Signature',
  prefix: 'v0=',
  timestampHeader: 'X-Slack-Request-Timestamp',
  template: 'v0:{timestamp}:{body}',
  idField: 'event_id',
});
