import { createSigningScheme } from '../../signatures/signing-scheme.ts';
import type { Preset } from '../preset.ts';
import { SCHEMES } from '../../signatures/schemes.ts';
import { readJsonEvent } from '../read-json-event.ts';
import { WHOLE } from './whole.ts';

/** Shops and payments. */
export const COMMERCE_PRESETS = {
  stripe: {
    documentation: {
      sender: 'Stripe',
      page: 'https://docs.stripe.com/webhooks/signature',
      setUp: 'Workbench → Webhooks → Add destination: `<url>`; the secret is the signing secret `whsec_…`',
      verifiedBy: '`Stripe-Signature`',
      eventType: '`type`',
      deliveryId: '`id` (`evt_…`)',
    },
    scheme: SCHEMES.stripe,
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.id }}',
    eventType: '{{ event.type }}',
    map: { text: `Stripe sent {{ event.type }}:\n\n${WHOLE}` },
    volatileFields: ['pending_webhooks'],
  },
  shopify: {
    documentation: {
      sender: 'Shopify',
      page: 'https://shopify.dev/docs/apps/build/webhooks/verify-deliveries',
      setUp: 'Subscribe to topics with `<url>`; the secret is the client secret of the app',
      verifiedBy: '`X-Shopify-Hmac-SHA256`',
      eventType: '`X-Shopify-Topic`',
      deliveryId: '`X-Shopify-Webhook-Id`',
    },
    scheme: SCHEMES.shopify,
    read: readJsonEvent,
    headers: ['x-shopify-topic', 'x-shopify-shop-domain', 'x-shopify-webhook-id', 'x-shopify-event-id'],
    deliveryId: '{{ headers.x-shopify-webhook-id }}',
    eventType: '{{ headers.x-shopify-topic }}',
    map: { text: `The shop {{ headers.x-shopify-shop-domain }} sent {{ event_type }}:\n\n${WHOLE}` },
  },
  woocommerce: {
    documentation: {
      sender: 'WooCommerce',
      page: 'https://woocommerce.com/document/webhooks/',
      setUp: 'WooCommerce → Settings → Advanced → Webhooks: Delivery URL `<url>`, and a secret',
      verifiedBy: '`X-WC-Webhook-Signature`',
      eventType: '`X-WC-Webhook-Topic`',
      deliveryId: '`X-WC-Webhook-Delivery-ID` and the body',
      ignores: 'the ping without a signature',
    },
    scheme: createSigningScheme({
      header: 'X-WC-Webhook-Signature',
      encoding: 'base64',
      idHeader: 'X-WC-Webhook-Delivery-ID',
    }),
    read: readJsonEvent,
    headers: ['x-wc-webhook-topic', 'x-wc-webhook-source', 'x-wc-webhook-delivery-id'],
    // The id is a hash of the webhook's id and the second: two events of one second have the same.
    deliveryId: '{{ headers.x-wc-webhook-delivery-id }} {{ body_sha256 }}',
    eventType: '{{ headers.x-wc-webhook-topic }}',
    map: { text: `The shop {{ headers.x-wc-webhook-source }} sent {{ event_type }}:\n\n${WHOLE}` },
    handshakes: [{ kind: 'unsigned_ping', field: 'webhook_id' }],
  },
  paddle: {
    documentation: {
      sender: 'Paddle',
      page: 'https://developer.paddle.com/webhooks/signature-verification',
      setUp: 'Developer tools → Notifications → New destination: URL `<url>`; the secret is `pdl_ntfset_…`',
      verifiedBy: '`Paddle-Signature`',
      eventType: '`event_type`',
      deliveryId: '`event_id`',
    },
    scheme: createSigningScheme({
      header: 'Paddle-Signature',
      separator: ';',
      signatureKey: 'h1',
      timestampKey: 'ts',
      template: '{timestamp}:{body}',
    }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.event_id }}',
    eventType: '{{ event.event_type }}',
    map: { text: `Paddle sent {{ event.event_type }}:\n\n${WHOLE}`, session_key: '{{ event.data.customer_id }}' },
    answer: 200,
  },
  square: {
    documentation: {
      sender: 'Square',
      page: 'https://developer.squareup.com/docs/webhooks/step3validate',
      setUp: 'Developer Console → Webhooks → Add subscription: URL `<url>`; the secret is the signature key',
      verifiedBy: '`x-square-hmacsha256-signature` over URL and body: set `public_url`',
      eventType: '`type`',
      deliveryId: '`event_id`',
    },
    scheme: createSigningScheme({
      header: 'x-square-hmacsha256-signature',
      encoding: 'base64',
      template: '{url}{body}',
      idField: 'event_id',
    }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.event_id }}',
    eventType: '{{ event.type }}',
    map: { text: `Square sent {{ event.type }} of {{ event.merchant_id }}:\n\n${WHOLE}` },
  },
} as const satisfies Readonly<Record<string, Preset>>;
