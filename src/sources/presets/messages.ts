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
} as const satisfies Readonly<Record<string, Preset>>;
