import type { Preset } from '../preset.ts';
import { BODY_READERS } from '../body-readers.ts';
import { readJsonEvent } from '../read-json-event.ts';

/**
 * The hosts of Amazon SNS, by the beginning of their regions. `sns.*.amazonaws.com` would be others, too: the bucket `sns` of S3 in an
 * old region is `sns.s3-us-west-2.amazonaws.com`.
 */
const SNS_HOSTS = [
  ...['af', 'ap', 'ca', 'eu', 'il', 'me', 'mx', 'sa', 'us'].map((area) => `https://sns.${area}-*.amazonaws.com`),
  'https://sns.cn-*.amazonaws.com.cn',
];

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
  'amazon-sns': {
    documentation: {
      sender: 'Amazon SNS',
      page: 'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
      setUp:
        'Topic → attribute `SignatureVersion` `2`; Create subscription: HTTPS, endpoint `<url>`, without raw message delivery. It is confirmed by itself',
      verifiedBy: '`Signature` by the certificate at `SigningCertURL`; set `signing.allowed_values.TopicArn`',
      eventType: '`Subject`',
      deliveryId: '`MessageId`',
      ignores: 'that its subscription ended',
      settings: ['signing:', '  allowed_values: { TopicArn: arn:aws:sns:<region>:<account>:<topic> }'],
    },
    signing: {
      field: 'Signature',
      algorithm: 'rsa-sha256',
      template: '{lines:Message,MessageId,Subject?,SubscribeURL?,Timestamp,Token?,TopicArn,Type}',
      timestampField: 'Timestamp',
      timestampUnit: 'rfc3339',
      // A message is sent again for an hour at most, with the time at which it was published.
      windowSeconds: 3900,
      idField: 'MessageId',
      certificateField: 'SigningCertURL',
      certificateUrls: SNS_HOSTS.map((host) => `${host}/SimpleNotificationService-*.pem`),
      // Whoever has a topic can have it send here.
      allowedValues: { TopicArn: [] },
    },
    // SNS says text/plain.
    read: BODY_READERS.json,
    headers: [],
    deliveryId: '{{ event.MessageId }}',
    eventType: '{{ event.Subject }}',
    // `MessageAttributes` are not signed.
    map: {
      text: 'Amazon SNS sent {{ event.Subject | default: "a message" }} of {{ event.TopicArn }}:\n\n{{ event.Message }}',
    },
    handshakes: [
      {
        kind: 'confirm_url',
        when: { 'event.Type': 'SubscriptionConfirmation' },
        field: 'event.SubscribeURL',
        urls: SNS_HOSTS.map((host) => `${host}/?*`),
      },
      { kind: 'ignore', when: { 'event.Type': 'UnsubscribeConfirmation' }, reason: 'unsubscribed' },
    ],
    answer: 200,
  },
} as const satisfies Readonly<Record<string, Preset>>;
