import { createSigningScheme } from '../../signatures/signing-scheme.ts';
import type { Preset } from '../preset.ts';
import { SCHEMES } from '../../signatures/schemes.ts';
import { readJsonEvent, readJsonOrPayload } from '../read-json-event.ts';
import { WHOLE } from './whole.ts';

/** Where code and tickets live. */
export const CODE_PRESETS = {
  github: {
    documentation: {
      sender: 'GitHub',
      page: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
      setUp: 'Settings → Webhooks → Add webhook: Payload URL `<url>`, content type `application/json`, the secret',
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
    handshakes: [{ kind: 'ignore', when: { event_type: 'ping' }, reason: 'ping' }],
  },
  gitlab: {
    documentation: {
      sender: 'GitLab',
      page: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
      setUp: 'Settings → Webhooks: URL `<url>`, and a signing token',
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
  bitbucket: {
    documentation: {
      sender: 'Bitbucket Cloud',
      page: 'https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/',
      setUp: 'Repository settings → Webhooks → Add webhook: URL `<url>`, and a secret',
      verifiedBy: '`X-Hub-Signature`, SHA-256',
      eventType: '`X-Event-Key`',
      deliveryId: '`X-Request-UUID`',
    },
    scheme: createSigningScheme({ header: 'X-Hub-Signature', prefix: 'sha256=', idHeader: 'X-Request-UUID' }),
    read: readJsonEvent,
    headers: ['x-event-key', 'x-request-uuid', 'x-attempt-number'],
    deliveryId: '{{ headers.x-request-uuid }}',
    eventType: '{{ headers.x-event-key }}',
    map: {
      text: `Bitbucket sent {{ event_type }} of {{ event.repository.full_name }}, caused by {{ event.actor.display_name }}:\n\n${WHOLE}`,
      user_id: '{{ event.actor.uuid }}',
      user_name: '{{ event.actor.display_name }}',
    },
  },
  jira: {
    documentation: {
      sender: 'Jira Cloud',
      page: 'https://developer.atlassian.com/cloud/jira/platform/webhooks/',
      setUp: 'System → WebHooks → Create: URL `<url>`, and a secret',
      verifiedBy: '`X-Hub-Signature`, SHA-256',
      eventType: '`webhookEvent`',
      deliveryId: '`X-Atlassian-Webhook-Identifier`',
    },
    scheme: createSigningScheme({
      header: 'X-Hub-Signature',
      prefix: 'sha256=',
      idHeader: 'X-Atlassian-Webhook-Identifier',
    }),
    read: readJsonEvent,
    headers: ['x-atlassian-webhook-identifier', 'x-atlassian-webhook-retry'],
    deliveryId: '{{ headers.x-atlassian-webhook-identifier }}',
    eventType: '{{ event.webhookEvent }}',
    map: {
      text: `Jira sent {{ event.webhookEvent }} of {{ event.issue.key }}: {{ event.issue.fields.summary }}\n\n${WHOLE}`,
      session_key: '{{ event.issue.key }}',
      user_id: '{{ event.user.accountId }}',
      user_name: '{{ event.user.displayName }}',
    },
  },
  linear: {
    documentation: {
      sender: 'Linear',
      page: 'https://linear.app/developers/webhooks',
      setUp: 'Settings → API → New webhook: URL `<url>`; the secret is the signing secret `lin_wh_…`',
      verifiedBy: '`Linear-Signature`; `webhookTimestamp` at most 60 s off',
      eventType: '`type` and `action`, such as `Issue.create`',
      deliveryId: '`Linear-Delivery`',
    },
    scheme: createSigningScheme({
      header: 'Linear-Signature',
      timestampField: 'webhookTimestamp',
      timestampUnit: 'ms',
      windowSeconds: 60,
      idHeader: 'Linear-Delivery',
    }),
    read: readJsonEvent,
    headers: ['linear-delivery', 'linear-event'],
    deliveryId: '{{ headers.linear-delivery }}',
    eventType: '{{ event.type }}.{{ event.action }}',
    map: {
      text: `Linear sent {{ event_type }} of {{ event.data.identifier | default: event.data.id }}:\n\n${WHOLE}`,
      user_id: '{{ event.actor.id }}',
      user_name: '{{ event.actor.name }}',
    },
    answer: 200,
  },
  sentry: {
    documentation: {
      sender: 'Sentry',
      page: 'https://docs.sentry.io/integrations/integration-platform/webhooks/',
      setUp:
        'Settings → Developer Settings → Custom Integrations → Create: Webhook URL `<url>`; the secret is the client secret',
      verifiedBy: '`Sentry-Hook-Signature`',
      eventType: '`Sentry-Hook-Resource` and `action`, such as `issue.created`',
      deliveryId: '`Request-ID`',
    },
    scheme: createSigningScheme({ header: 'Sentry-Hook-Signature', idHeader: 'Request-ID' }),
    read: readJsonEvent,
    headers: ['sentry-hook-resource', 'sentry-hook-timestamp', 'request-id'],
    deliveryId: '{{ headers.request-id }}',
    eventType: '{{ headers.sentry-hook-resource }}.{{ event.action }}',
    map: {
      text: `Sentry sent {{ event_type }}: {{ event.data.issue.title | default: event.data.event.title | default: event.data.error.title | default: event.data.description_title }}. Find the cause.\n\n${WHOLE}`,
      session_key:
        '{{ event.data.issue.id | default: event.data.event.issue_id | default: event.data.error.issue_id }}',
    },
  },
} as const satisfies Readonly<Record<string, Preset>>;
