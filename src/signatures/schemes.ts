import { createSigningScheme } from './signing-scheme.ts';
import { readHeader, type SignatureScheme } from './scheme.ts';
import { findTextSecretFault } from './secret-key.ts';
import { standardWebhooks, svix } from './standard-webhooks.ts';

export const GITHUB_HEADER = 'x-hub-signature-256';
export const GITHUB_PREFIX = 'sha256=';

const SHOPIFY_HEADER = 'x-shopify-hmac-sha256';
const shopifyWebhooks = createSigningScheme({
  header: SHOPIFY_HEADER,
  encoding: 'base64',
  idHeader: 'X-Shopify-Webhook-Id',
});
/** Shopify's "Events", in preview: the same without `X-`. */
const shopifyEvents = createSigningScheme({
  header: 'Shopify-Hmac-SHA256',
  encoding: 'base64',
  idHeader: 'Shopify-Webhook-Id',
});

/** Every scheme that has a name. `createSigningScheme` makes others from options. */
export const SCHEMES = {
  /**
   * `Authorization: Bearer <secret>`, the secret itself, for senders that can't sign. It proves nothing about the body, and
   * whoever sees one request can make others.
   *
   * Source: RFC 6750 section 2.1. The scheme's name is case-insensitive, RFC 9110 section 11.1.
   */
  bearer: createSigningScheme({ authorization: 'bearer', algorithm: 'plain' }),

  /**
   * `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 over the raw body, as GitHub and Garudust sign. The key is the secret's
   * UTF-8 bytes, even for a `whsec_` secret. There is no timestamp, so a request can be replayed.
   *
   * Source: GitHub, "Validating webhook deliveries".
   */
  github: createSigningScheme({ header: GITHUB_HEADER, prefix: GITHUB_PREFIX, idHeader: 'X-GitHub-Delivery' }),

  /** A webhook with a signing token; without one, `gitlab-token`. */
  gitlab: standardWebhooks,

  /**
   * `X-Gitlab-Token`, the secret itself: what GitLab sends from a webhook without a signing token. It proves nothing about
   * the body, and whoever sees one request can make others. A webhook with a signing token is Standard Webhooks.
   *
   * Source: GitLab, "Webhooks", validation by a secret token.
   */
  'gitlab-token': createSigningScheme({ header: 'X-Gitlab-Token', algorithm: 'plain', idHeader: 'Idempotency-Key' }),

  /**
   * `X-Shopify-Hmac-SHA256`, or the same without `X-`: HMAC-SHA256 over the raw body in base64. There is no timestamp, so a
   * request can be replayed. Shopify may use the old secret for an hour after a rotation.
   *
   * Source: Shopify, "Verify webhook deliveries" and "Verify Events deliveries".
   */
  shopify: {
    unsignedIdHeaders: [...shopifyWebhooks.unsignedIdHeaders, ...shopifyEvents.unsignedIdHeaders],
    verify(request) {
      const isEvent = readHeader(request.headers, SHOPIFY_HEADER) === undefined;
      return (isEvent ? shopifyEvents : shopifyWebhooks).verify(request);
    },
    findSecretFault: findTextSecretFault,
  },

  /**
   * `X-Slack-Signature: v0=<hex>`, HMAC-SHA256 over `v0:timestamp:body`. The timestamp may be 300 s off, either way. The
   * delivery id is `event_id`, which events have, but slash commands and `url_verification` do not.
   *
   * Source: Slack, "Verifying requests from Slack".
   */
  slack: createSigningScheme({
    header: 'X-Slack-Signature',
    prefix: 'v0=',
    timestampHeader: 'X-Slack-Request-Timestamp',
    template: 'v0:{timestamp}:{body}',
    idField: 'event_id',
  }),

  'standard-webhooks': standardWebhooks,

  /**
   * `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 over `t.body` in hex; several `v1` while a secret is rolled. Other versions
   * don't count. The key is the whole `whsec_…` text. The timestamp may be 300 s off, either way.
   *
   * Source: Stripe, "Verify webhook signatures manually".
   */
  stripe: createSigningScheme({
    header: 'Stripe-Signature',
    signatureKey: 'v1',
    timestampKey: 't',
    template: '{timestamp}.{body}',
    idField: 'id',
  }),

  svix,
} as const satisfies Readonly<Record<string, SignatureScheme>>;

export type SchemeName = keyof typeof SCHEMES;

/** Whether a text is the name of a scheme. */
export function isSchemeName(text: string): text is SchemeName {
  return Object.hasOwn(SCHEMES, text);
}
