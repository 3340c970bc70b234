import { createSigningScheme } from '../../signatures/signing-scheme.ts';
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
      deliveryId: '`source` and `id`; one run per event of a batch',
    },
    scheme: SCHEMES.bearer,
    read: readCloudEvent,
    each: ['event'],
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
  'event-grid': {
    documentation: {
      sender: 'Azure Event Grid, own schema',
      page: 'https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema',
      setUp: 'Event Subscription → Web Hook: endpoint `<url>?token=<secret>`',
      verifiedBy: '`token` in the URL',
      eventType: '`eventType`',
      deliveryId: '`id`; one run per event of a batch',
      ignores: 'that its subscription was deleted',
    },
    scheme: createSigningScheme({ query: 'token', algorithm: 'plain' }),
    read: readJsonEvent,
    each: ['event'],
    headers: ['aeg-event-type', 'aeg-subscription-name'],
    deliveryId: '{{ event.topic }} {{ event.id }}',
    eventType: '{{ event.eventType }}',
    map: { text: `Azure Event Grid sent {{ event.eventType }} of {{ event.subject }}:\n\n${WHOLE}` },
    handshakes: [
      {
        kind: 'echo_field',
        when: { 'event[0].eventType': 'Microsoft.EventGrid.SubscriptionValidationEvent' },
        field: 'event[0].data.validationCode',
        answerField: 'validationResponse',
      },
      {
        kind: 'ignore',
        when: { 'event.eventType': 'Microsoft.EventGrid.SubscriptionDeletedEvent' },
        reason: 'subscription deleted',
      },
    ],
    answer: 200,
  },
  asana: {
    documentation: {
      sender: 'Asana',
      page: 'https://developers.asana.com/docs/webhooks-guide',
      setUp:
        '`POST /webhooks` with `target` `<url>`; then set the secret that `garudust-temporal sources secret` shows, and restart',
      verifiedBy: '`X-Hook-Signature`',
      eventType: 'resource and action, such as `task.changed`',
      deliveryId: 'the event; one run per event of a delivery',
      ignores: 'heartbeats, which have no events',
    },
    scheme: createSigningScheme({ header: 'X-Hook-Signature' }),
    read: readJsonEvent,
    each: ['event.events'],
    headers: [],
    deliveryId: '{{ body_sha256 }}',
    eventType: '{{ event.events[0].resource.resource_type }}.{{ event.events[0].action }}',
    map: { text: `Asana sent {{ event_type }}:\n\n${WHOLE}`, user_id: '{{ event.events[0].user.gid }}' },
    filter: { 'event.events[0]': { $exists: true } },
    handshakes: [{ kind: 'echo_header', header: 'X-Hook-Secret' }],
    answer: 200,
  },
  typeform: {
    documentation: {
      sender: 'Typeform',
      page: 'https://www.typeform.com/developers/webhooks/secure-your-webhooks/',
      setUp: 'Connect → Webhooks → Add: URL `<url>`, and a secret',
      verifiedBy: '`Typeform-Signature`',
      eventType: '`event_type`',
      deliveryId: '`event_id`',
    },
    scheme: createSigningScheme({
      header: 'Typeform-Signature',
      prefix: 'sha256=',
      encoding: 'base64',
      idField: 'event_id',
    }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.event_id }}',
    eventType: '{{ event.event_type }}',
    map: { text: `Typeform sent {{ event.event_type }} of {{ event.form_response.form_id }}:\n\n${WHOLE}` },
  },
} as const satisfies Readonly<Record<string, Preset>>;
