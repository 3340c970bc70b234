import type { Preset } from '../preset.ts';
import { readJsonEvent } from '../read-json-event.ts';

/** Message services of clouds, which prove themselves by keys that they publish. */
export const CLOUD_PRESETS = {
  'google-pubsub': {
    documentation: {
      sender: 'Google Cloud Pub/Sub, push',
      page: 'https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions',
      setUp:
        'Subscription → Push: endpoint `<url>`, enable authentication with a service account of yours, audience `<url>`; without payload unwrapping',
      verifiedBy: "Google's token in `Authorization`: set `oidc.audience` and `oidc.claims.email`",
      eventType: '`message.attributes.eventType`, such as `OBJECT_FINALIZE` of Cloud Storage',
      deliveryId: '`subscription` and `messageId`',
      settings: [
        'oidc:',
        '  audience: https://<your host>/hooks/google-pubsub',
        '  claims: { email: <service account>@<project>.iam.gserviceaccount.com }',
      ],
    },
    oidc: {
      issuer: 'https://accounts.google.com',
      jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
      algorithms: ['RS256'],
      // Every customer of Google can have a token for our audience, so that the account decides.
      claims: { email: [] },
    },
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.subscription }} {{ event.message.messageId }}',
    eventType: '{{ event.message.attributes.eventType | default: event.message.attributes["ce-type"] }}',
    volatileFields: ['deliveryAttempt'],
    map: {
      text: 'Pub/Sub sent a message of {{ event.subscription }}:\n\n{{ event.message.data | base64_decode }}\n\nIts attributes: {{ event.message.attributes | json }}',
      session_key: '{{ event.message.orderingKey }}',
    },
    // Any of 102, 200, 201, 202 and 204 acknowledges a message.
    answer: 204,
  },
} as const satisfies Readonly<Record<string, Preset>>;
