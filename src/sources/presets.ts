import { createSigningScheme } from '../signatures/signing-scheme.ts';
import { SCHEMES } from '../signatures/schemes.ts';
import type { Preset } from './preset.ts';
import { readCloudEvent } from './read-cloud-event.ts';
import { readJsonEvent, readJsonOrFields, readJsonOrPayload } from './read-json-event.ts';
import { acknowledgeSlack, answerSlackHandshake } from './slack-answers.ts';

/** The whole event, within reason. */
const WHOLE = '{{ event | json | cut: 16000 }}';

const ALERTS = {
  deliveryId: '{{ body_sha256 }}',
  eventType: '{{ event.status }}',
  filter: { 'event.status': 'firing' },
} as const;

/** Every preset by its name. */
export const PRESETS = {
  github: {
    documentation: {
      verifiedBy: '`X-Hub-Signature-256`',
      eventType: '`X-GitHub-Event`',
      deliveryId: '`X-GitHub-Delivery`',
      ignores: '`ping`',
    },
    scheme: SCHEMES.github,
    read: readJsonOrPayload,
    headers: ['x-github-event', 'x-github-delivery', 'x-github-hook-id'],
    deliveryId: '{{ headers.x-github-delivery }}',
    eventType: '{{ headers.x-github-event }}',
    map: {
      text: `GitHub sent {{ event_type }} {{ event.action }} of {{ event.repository.full_name }}, caused by {{ event.sender.login }}:\n\n${WHOLE}`,
      user_id: '{{ event.sender.login }}',
    },
    handshake: ({ event_type: type }) =>
      type === 'ping' ? { kind: 'ignored', why: 'handshake', reason: 'ping' } : undefined,
  },
  stripe: {
    documentation: { verifiedBy: '`Stripe-Signature`', eventType: '`type`', deliveryId: '`id` (`evt_…`)' },
    scheme: SCHEMES.stripe,
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.id }}',
    eventType: '{{ event.type }}',
    map: { text: `Stripe sent {{ event.type }}:\n\n${WHOLE}` },
    volatileFields: ['pending_webhooks'],
  },
  slack: {
    documentation: {
      verifiedBy: '`X-Slack-Signature`',
      eventType: '`event.type`, or the command',
      deliveryId: '`event_id`, or `trigger_id`',
      ignores: 'messages of bots; edits and deletions',
    },
    scheme: SCHEMES.slack,
    read: readJsonOrFields,
    headers: ['x-slack-retry-num', 'x-slack-retry-reason'],
    deliveryId: '{{ event.event_id | default: event.trigger_id }}',
    eventType: '{{ event.event.type | default: event.command | default: event.type }}',
    map: {
      text: '{{ event.event.text | default: event.text | default: event.command }}',
      session_key:
        '{{ event.team_id }}:{{ event.event.channel | default: event.channel_id }}:{{ event.event.thread_ts | default: event.event.ts | default: "commands" }}',
      user_id: '{{ event.event.user | default: event.user_id | default: event.user.id }}',
      user_name: '{{ event.user_name | default: event.user.username }}',
    },
    // Messages of bots, including our own, would be answered forever; edits repeat a message.
    filter: {
      'event.event.bot_id': { $exists: false },
      'event.event.subtype': { $nin: ['bot_message', 'message_changed', 'message_deleted'] },
    },
    handshake: answerSlackHandshake,
    acknowledge: acknowledgeSlack,
  },
  gitlab: {
    documentation: {
      verifiedBy: 'signing token; `scheme: gitlab-token` for a secret token',
      eventType: '`object_kind`',
      deliveryId: '`webhook-id`, `Idempotency-Key`',
    },
    scheme: SCHEMES.gitlab,
    read: readJsonEvent,
    headers: ['x-gitlab-event', 'x-gitlab-event-uuid', 'x-gitlab-instance', 'idempotency-key', 'webhook-id'],
    deliveryId: '{{ headers.idempotency-key }}',
    eventType: '{{ event.object_kind | default: event.event_name }}',
    map: {
      text: `GitLab sent {{ event_type }} {{ event.object_attributes.action }} of {{ event.project.path_with_namespace }}, caused by {{ event.user.username | default: event.user_username }}:\n\n${WHOLE}`,
      user_id: '{{ event.user.username | default: event.user_username }}',
    },
  },
  shopify: {
    documentation: {
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
  alertmanager: {
    documentation: { verifiedBy: 'bearer token', eventType: '`status`', deliveryId: 'the body', ignores: '`resolved`' },
    scheme: SCHEMES.bearer,
    read: readJsonEvent,
    headers: [],
    ...ALERTS,
    map: {
      text: `Alertmanager reports {{ event.status }}: {{ event.alerts | map: "labels.alertname" }}. Find the cause.\n\n${WHOLE}`,
    },
  },
  grafana: {
    documentation: {
      verifiedBy: '`X-Grafana-Alerting-Signature`',
      eventType: '`status`',
      deliveryId: 'the body',
      ignores: '`resolved`',
    },
    scheme: createSigningScheme({ header: 'X-Grafana-Alerting-Signature' }),
    read: readJsonEvent,
    headers: [],
    ...ALERTS,
    map: { text: `Grafana reports {{ event.title | default: event.status }}. Find the cause.\n\n${WHOLE}` },
  },
  cloudevents: {
    documentation: { verifiedBy: 'bearer token', eventType: '`type`', deliveryId: '`source` and `id`' },
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
    documentation: { verifiedBy: '`webhook-signature`', eventType: '`type`', deliveryId: '`webhook-id`' },
    scheme: SCHEMES['standard-webhooks'],
    read: readJsonEvent,
    headers: ['webhook-id', 'svix-id'],
    deliveryId: '{{ headers.webhook-id | default: headers.svix-id }}',
    eventType: '{{ event.type }}',
    map: { text: `The source {{ source }} sent {{ event.type }}:\n\n${WHOLE}` },
  },
  generic: {
    documentation: { verifiedBy: 'your settings', eventType: 'your settings', deliveryId: 'your settings' },
    read: readJsonEvent,
    headers: [],
    map: { text: `The source {{ source }} sent an event:\n\n${WHOLE}` },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

/** The preset of a name; undefined if there is none. */
export function findPreset(name: string): Preset | undefined {
  return Object.hasOwn(PRESETS, name) ? PRESETS[name as PresetName] : undefined;
}
