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
} as const satisfies Readonly<Record<string, Preset>>;
