import type { Preset } from '../preset.ts';
import { SCHEMES } from '../../signatures/schemes.ts';
import { readCloudEvent } from '../read-cloud-event.ts';
import { readJsonEvent } from '../read-json-event.ts';
import { WHOLE } from './whole.ts';

/** Formats that many senders share. */
export const EVENTS_PRESETS = {
  cloudevents: {
    documentation: {
      sender: 'CloudEvents',
      page: 'https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md',
      setUp: 'Send to `<url>` with `Authorization: Bearer <secret>`',
      verifiedBy: 'bearer token',
      eventType: '`type`',
      deliveryId: '`source` and `id`',
    },
    scheme: SCHEMES.bearer,
    read: readCloudEvent,
    headers: [],
    // Both together identify an event; `source` is a URI reference, which has no spaces.
    deliveryId: '{{ event.source }} {{ event.id }}',
    eventType: '{{ event.type }}',
    map: { text: `{{ event.source }} sent {{ event.type }}, {{ event.subject | default: "no subject" }}:\n\n${WHOLE}` },
    grantsOrigins: true,
  },
  'standard-webhooks': {
    documentation: {
      sender: 'Standard Webhooks, Svix',
      page: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
      setUp: 'Add the endpoint `<url>`; the secret begins with `whsec_`',
      verifiedBy: '`webhook-signature`',
      eventType: '`type`',
      deliveryId: '`webhook-id`',
    },
    scheme: SCHEMES['standard-webhooks'],
    read: readJsonEvent,
    headers: ['webhook-id', 'svix-id'],
    deliveryId: '{{ headers.webhook-id | default: headers.svix-id }}',
    eventType: '{{ event.type }}',
    map: { text: `The source {{ source }} sent {{ event.type }}:\n\n${WHOLE}` },
  },
  generic: {
    documentation: {
      sender: 'Any other sender',
      setUp: 'Send to `<url>`; describe the proof by `signing`',
      verifiedBy: 'your settings',
      eventType: 'your settings',
      deliveryId: 'your settings',
    },
    read: readJsonEvent,
    headers: [],
    map: { text: `The source {{ source }} sent an event:\n\n${WHOLE}` },
  },
} as const satisfies Readonly<Record<string, Preset>>;
