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
} as const satisfies Readonly<Record<string, Preset>>;
