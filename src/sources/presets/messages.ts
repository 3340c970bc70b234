import { readJsonEvent } from '../read-json-event.ts';
import { WHOLE } from './whole.ts';
import { createSigningScheme } from '../../signatures/signing-scheme.ts';
import type { Preset } from '../preset.ts';
import { SCHEMES } from '../../signatures/schemes.ts';
import { readJsonOrFields } from '../read-json-event.ts';
import { acknowledgeSlack } from '../slack-answers.ts';

/** Chats, calls and mail. */
export const MESSAGES_PRESETS = {
  slack: {
    documentation: {
      sender: 'Slack',
      page: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
      setUp:
        'Your app → Event Subscriptions (and Slash Commands): `<url>`; the secret is the signing secret under Basic Information',
      verifiedBy: '`X-Slack-Signature`',
      eventType: '`event.type`, or the command',
      deliveryId: '`event_id`, or `trigger_id`',
      ignores: 'messages of bots; edits and deletions',
    },
    scheme: SCHEMES.slack,
    read: readJsonOrFields,
    headers: ['x-slack-retry-num', 'x-slack-retry-reason'],
    // `app_mention` and `message` of one text are one happening, whose time is its id in the channel.
    deliveryId:
      '{% if event.event.ts and event.event.channel %}{{ event.team_id }} {{ event.event.channel }} {{ event.event.ts }}{% else %}{{ event.event_id | default: event.trigger_id }}{% endif %}',
    deliveryIdCounts: true,
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
    // Slack, "url_verification event", "Implementing slash commands" and "app_rate_limited event".
    handshakes: [
      {
        kind: 'echo_field',
        when: { 'event.type': 'url_verification' },
        field: 'event.challenge',
        answerField: 'challenge',
      },
      { kind: 'ignore', when: { 'event.ssl_check': '1' }, reason: 'ssl_check' },
      { kind: 'ignore', when: { 'event.type': 'app_rate_limited' }, reason: 'app_rate_limited' },
    ],
    acknowledge: acknowledgeSlack,
  },
  meta: {
    documentation: {
      sender: 'Meta: WhatsApp, Messenger, Instagram',
      page: 'https://developers.facebook.com/docs/graph-api/webhooks/getting-started',
      setUp: 'App Dashboard → Webhooks: Callback URL `<url>`, and the verify token; the secret is the app secret',
      verifiedBy: '`X-Hub-Signature-256`; the URL by `handshake.token`',
      eventType: '`changes[0].field`, such as `messages`',
      deliveryId: 'the id of a message, otherwise the change; one run per message of a delivery',
      ignores: 'reports that a message was sent, delivered or read; echoes of your own messages',
      settings: ["handshake: { token: '${META_VERIFY_TOKEN}' }"],
    },
    scheme: createSigningScheme({ header: 'X-Hub-Signature-256', prefix: 'sha256=' }),
    read: readJsonEvent,
    each: ['event.entry[*].changes[*].value.messages', 'event.entry[*].messaging'],
    headers: [],
    // WhatsApp has `changes`, Messenger and Instagram have `messaging`.
    deliveryId:
      '{{ event.entry[0].changes[0].value.messages[0].id | default: event.entry[0].messaging[0].message.mid | default: body_sha256 }}',
    eventType: '{{ event.entry[0].changes[0].field | default: event.object }}',
    map: {
      text: `{{ event.entry[0].changes[0].value.messages[0].text.body | default: event.entry[0].messaging[0].message.text }}\n\nMeta sent this {{ event_type }} of {{ event.object }}:\n${WHOLE}`,
      session_key:
        '{{ event.entry[0].changes[0].value.metadata.phone_number_id | default: event.entry[0].messaging[0].recipient.id }}:{{ event.entry[0].changes[0].value.messages[0].from | default: event.entry[0].messaging[0].sender.id }}',
      user_id:
        '{{ event.entry[0].changes[0].value.messages[0].from | default: event.entry[0].messaging[0].sender.id }}',
      user_name:
        '{{ event.entry[0].changes[0].value.contacts | where: "wa_id", event.entry[0].changes[0].value.messages[0].from | map: "profile.name" | first }}',
    },
    filter: {
      'event.entry[0].changes[0].value.statuses': { $exists: false },
      'event.entry[0].messaging[0].delivery': { $exists: false },
      'event.entry[0].messaging[0].read': { $exists: false },
      'event.entry[0].messaging[0].message.is_echo': { $ne: true },
    },
    handshakes: [{ kind: 'echo_query', query: 'hub.challenge', tokenQuery: 'hub.verify_token' }],
    answer: 200,
  },
  zoom: {
    documentation: {
      sender: 'Zoom',
      page: 'https://developers.zoom.us/docs/api/webhooks/',
      setUp: 'App Marketplace → your app → Event subscriptions: URL `<url>`; the secret is the secret token',
      verifiedBy: '`x-zm-signature`',
      eventType: '`event`',
      deliveryId: 'the body',
    },
    scheme: createSigningScheme({
      header: 'x-zm-signature',
      prefix: 'v0=',
      timestampHeader: 'x-zm-request-timestamp',
      template: 'v0:{timestamp}:{body}',
    }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ body_sha256 }}',
    eventType: '{{ event.event }}',
    map: { text: `Zoom sent {{ event.event }}:\n\n${WHOLE}` },
    handshakes: [
      {
        kind: 'echo_field',
        when: { 'event.event': 'endpoint.url_validation' },
        field: 'event.payload.plainToken',
        answerField: 'plainToken',
        hmacField: 'encryptedToken',
      },
    ],
    answer: 200,
  },
  twilio: {
    documentation: {
      sender: 'Twilio',
      page: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
      setUp: 'Phone Numbers → your number → A message comes in: Webhook `<url>`; the secret is the auth token',
      verifiedBy: '`X-Twilio-Signature` (HMAC-SHA1) over URL and form: set `public_url`',
      eventType: '`SmsStatus`, `CallStatus`',
      deliveryId: '`MessageSid` and its status, otherwise `I-Twilio-Idempotency-Token`',
    },
    scheme: createSigningScheme({
      header: 'X-Twilio-Signature',
      algorithm: 'sha1',
      encoding: 'base64',
      template: '{url}{form}',
      idHeader: 'I-Twilio-Idempotency-Token',
    }),
    read: readJsonOrFields,
    headers: [],
    deliveryId: '{{ event.MessageSid }} {{ event.MessageStatus | default: event.SmsStatus }}',
    eventType: '{{ event.MessageStatus | default: event.SmsStatus | default: event.CallStatus }}',
    map: {
      text: '{{ event.Body | default: event.SpeechResult | default: event.TranscriptionText }}',
      session_key: '{{ event.To }}:{{ event.From }}',
      user_id: '{{ event.From }}',
    },
    // An answer with a body must be TwiML.
    answer: 204,
  },
  telegram: {
    documentation: {
      sender: 'Telegram bots',
      page: 'https://core.telegram.org/bots/api#setwebhook',
      setUp: 'Call `setWebhook` with `url` `<url>` and `secret_token`, the secret',
      verifiedBy: '`X-Telegram-Bot-Api-Secret-Token`, the secret itself',
      eventType: 'the kind of update, such as `message`',
      deliveryId: '`update_id`',
    },
    scheme: createSigningScheme({ header: 'X-Telegram-Bot-Api-Secret-Token', algorithm: 'plain' }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.update_id }}',
    eventType:
      '{% if event.message %}message{% elsif event.edited_message %}edited_message{% elsif event.callback_query %}callback_query{% elsif event.channel_post %}channel_post{% else %}other{% endif %}',
    map: {
      text: `{{ event.message.text | default: event.callback_query.data }}\n\nTelegram sent this {{ event_type }}:\n${WHOLE}`,
      session_key: '{{ event.message.chat.id | json }}',
      user_id: '{{ event.message.from.id | json }}',
      user_name: '{{ event.message.from.username | default: event.message.from.first_name }}',
    },
    answer: 200,
  },
  intercom: {
    documentation: {
      sender: 'Intercom',
      page: 'https://developers.intercom.com/docs/webhooks/webhook-notifications',
      setUp: 'Developer Hub → your app → Webhooks: endpoint URL `<url>`; the secret is the client secret',
      verifiedBy: '`X-Hub-Signature`, which is HMAC-SHA1',
      eventType: '`topic`',
      deliveryId: '`id` (`notif_…`)',
      ignores: '`ping`',
    },
    scheme: createSigningScheme({ header: 'X-Hub-Signature', prefix: 'sha1=', algorithm: 'sha1', idField: 'id' }),
    read: readJsonEvent,
    headers: [],
    deliveryId: '{{ event.id }}',
    eventType: '{{ event.topic }}',
    volatileFields: ['delivery_status', 'delivery_attempts', 'delivered_at'],
    map: {
      text: `Intercom sent {{ event.topic }}:\n\n${WHOLE}`,
      session_key: '{{ event.data.item.id }}',
    },
    handshakes: [{ kind: 'reachable' }, { kind: 'ignore', when: { 'event.topic': 'ping' }, reason: 'ping' }],
    answer: 200,
  },
  hubspot: {
    documentation: {
      sender: 'HubSpot',
      page: 'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
      setUp: 'Your app → Webhooks: Target URL `<url>`; the secret is the client secret',
      verifiedBy: '`X-HubSpot-Signature-v3` over method, URL and body: set `public_url`',
      eventType: '`subscriptionType`',
      deliveryId: '`subscriptionId`, the objects, `eventId` and `occurredAt`; one run per event of a batch',
    },
    scheme: createSigningScheme({
      header: 'X-HubSpot-Signature-v3',
      encoding: 'base64',
      template: '{method}{url}{body}{timestamp}',
      timestampHeader: 'X-HubSpot-Request-Timestamp',
      timestampUnit: 'ms',
    }),
    read: readJsonEvent,
    each: ['event'],
    headers: [],
    // A change of an association has two objects, none of which is `objectId`. `eventId` alone is not unique.
    deliveryId:
      '{{ event.subscriptionId }} {{ event.objectId | default: event.fromObjectId }} {{ event.toObjectId | default: "-" }} {{ event.eventId }} {{ event.occurredAt }}',
    volatileFields: ['attemptNumber'],
    eventType: '{{ event.subscriptionType }}',
    map: {
      text: `HubSpot sent {{ event.subscriptionType }} of {{ event.objectId | default: event.fromObjectId }}:\n\n${WHOLE}`,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>;
