import type { Preset } from '../preset.ts';
import { createSigningScheme } from '../../signatures/signing-scheme.ts';
import { SCHEMES } from '../../signatures/schemes.ts';
import { readJsonEvent } from '../read-json-event.ts';
import { WHOLE } from './whole.ts';

const ALERTS = {
  deliveryId: '{{ body_sha256 }}',
  eventType: '{{ event.status }}',
  filter: { 'event.status': 'firing' },
} as const;

/** Alerts. */
export const ALERTS_PRESETS = {
  alertmanager: {
    documentation: {
      sender: 'Alertmanager',
      page: 'https://prometheus.io/docs/alerting/latest/configuration/#webhook_config',
      setUp: '`webhook_configs` with `url: <url>` and `http_config: {authorization: {credentials: …}}`',
      verifiedBy: 'bearer token',
      eventType: '`status`',
      deliveryId: 'the body',
      ignores: '`resolved`',
    },
    scheme: SCHEMES.bearer,
    read: readJsonEvent,
    headers: [],
    ...ALERTS,
    // They differ between the two of a pair in high availability.
    volatileFields: ['externalURL', 'alerts.generatorURL'],
    map: {
      text: `Alertmanager reports {{ event.status }}: {{ event.alerts | map: "labels.alertname" }}. Find the cause.\n\n${WHOLE}`,
    },
  },
  grafana: {
    documentation: {
      sender: 'Grafana',
      page: 'https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/',
      setUp: 'Alerting → Contact points → Webhook: URL `<url>`, and an HMAC secret',
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
  pagerduty: {
    documentation: {
      sender: 'PagerDuty',
      page: 'https://docs.pagerduty.com/developer/verifying-webhook-signatures',
      setUp: 'Integrations → Generic Webhooks (v3) → New: URL `<url>`; the secret is shown once',
      verifiedBy: '`X-PagerDuty-Signature`',
      eventType: '`event.event_type`',
      deliveryId: '`event.id`',
      ignores: '`pagey.ping`',
    },
    scheme: createSigningScheme({ header: 'X-PagerDuty-Signature', separator: ',', entryPrefix: 'v1=' }),
    read: readJsonEvent,
    headers: ['x-webhook-subscription'],
    deliveryId: '{{ event.event.id }}',
    eventType: '{{ event.event.event_type }}',
    map: {
      text: `PagerDuty sent {{ event_type }}: {{ event.event.data.title }}. Find the cause.\n\n${WHOLE}`,
      session_key: '{{ event.event.data.id }}',
    },
    handshakes: [{ kind: 'ignore', when: { 'event.event.event_type': 'pagey.ping' }, reason: 'ping' }],
  },
  datadog: {
    documentation: {
      sender: 'Datadog',
      page: 'https://docs.datadoghq.com/integrations/webhooks/',
      setUp: 'Integrations → Webhooks → New: URL `<url>`, custom header `{"Authorization": "Bearer <secret>"}`',
      verifiedBy: 'bearer token',
      eventType: '`event_type`',
      deliveryId: '`id` and `last_updated` of the default payload',
    },
    scheme: SCHEMES.bearer,
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.id }} {{ event.last_updated }}',
    eventType: '{{ event.event_type }}',
    map: { text: `Datadog reports {{ event.title }}. Find the cause.\n\n${WHOLE}` },
  },
} as const satisfies Readonly<Record<string, Preset>>;
