import type { JsonObject } from './json.ts';

/** Either signature will do; where both are sent both must hold. */
export const SIGNED: readonly JsonObject[] = [
  { hubSignature: [] },
  { webhookId: [], webhookTimestamp: [], webhookSignature: [] },
];

/** An API key of the client. */
export const API_KEY: readonly JsonObject[] = [{ apiKey: [] }];

/** For everybody. */
export const OPEN: readonly JsonObject[] = [];

const header = (name: string, description: string): JsonObject => ({ type: 'apiKey', in: 'header', name, description });

/** `components.securitySchemes` of the document. */
export const SECURITY_SCHEMES: JsonObject = {
  hubSignature: header(
    'X-Hub-Signature-256',
    '`sha256=` and the HMAC-SHA256 of the raw body with a secret of the client, in hex; as Garudust and GitHub sign.',
  ),
  webhookId: header('webhook-id', 'Standard Webhooks: the id of the delivery. It is the idempotency key, too.'),
  webhookTimestamp: header('webhook-timestamp', 'Standard Webhooks: seconds since the epoch, at most 5 minutes off.'),
  webhookSignature: header(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. A secret `whsec_…` is base64, any other its UTF-8 bytes.',
  ),
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of the client whose runs are meant.' },
};
