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
} as const satisfies Readonly<Record<string, Preset>>;
