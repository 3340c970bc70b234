import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SourceSettings } from '../../src/sources/source-settings.ts';

/** A source as its operator writes it; what is left out has its default. */
export interface SourceOptions extends Partial<Omit<SourceSettings, 'client'>> {
  readonly name: string;
  readonly client: string;
}

/** How a forger signs, in place of the sender's own way. */
export interface Signing {
  /** Hash of the HMAC, which is named where the sender names its own. */
  readonly hash?: string;
  /** What the sender calls, where it signs that. */
  readonly url?: string;
}

/** A kind of sender: what its operator configures, what it sends, and how it signs, computed here and not by our code. */
export interface SourceSample {
  readonly options: SourceOptions;
  /** A delivery that becomes a run. */
  readonly body: string;
  readonly contentType: string;
  /** Headers that are no signature. */
  readonly headers: Readonly<Record<string, string>>;
  sign(body: string | Uint8Array, secret: string, timestampS: number, how?: Signing): Record<string, string>;
  /** The hash of its HMAC. Default: sha256. */
  readonly hash?: string;
  /** The body with its proof in it, where the proof stands there. */
  signBody?(body: string, secret: string, timestampS: number): string;
  /** Whether the signature covers the body, or only names the sender. */
  readonly proves: 'body' | 'sender';
  readonly hasTimestamp: boolean;
  /** What the task must be by the preset's own templates, or by the ones in `options`. */
  readonly task: { readonly text: RegExp; readonly userId?: string; readonly sessionKey?: string };
  /** The query of its URL, where the proof stands there. */
  query?(secret: string): string;
  /** Whether another content type makes the signature invalid. */
  readonly provesType?: true;
  /** Documents of other hosts, with the keys of the sender: that of the secret `second-secret`, and that of any other but `other`. */
  readonly documents?: Readonly<Record<string, string>>;
  /** Whether a body of any content type is an event. */
  readonly takesAnyType?: true;
  /** Whether an event may have no body. */
  readonly mayBeEmpty?: true;
  /** A filter that the event does not match. */
  readonly unmatched: Readonly<Record<string, unknown>>;
}

/** Text of a recorded event. */
export function eventText(file: string): string {
  return readFileSync(new URL(`../fixtures/events/${file}`, import.meta.url), 'utf8');
}

const JSON_TYPE = 'application/json';

function hmac(
  secret: string | Buffer,
  content: (string | Uint8Array)[],
  encoding: 'hex' | 'base64',
  { hash = 'sha256' }: Signing = {},
): string {
  const made = createHmac(hash, secret);
  for (const part of content) made.update(part);
  return made.digest(encoding);
}

const standard: SourceSample['sign'] = (body, secret, timestampS, how) => {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = hmac(key, [`msg_7.${timestampS}.`, body], 'base64', how);
  return { 'webhook-id': 'msg_7', 'webhook-timestamp': `${timestampS}`, 'webhook-signature': `v1,${signature}` };
};

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function options(name: string, more: Partial<SourceOptions> = {}): SourceOptions {
  return { name, preset: name, secret: [`${name}-secret`], client: 'alpha', ...more };
}

const github: SourceSample = {
  options: options('github'),
  body: eventText('github-pull-request.json'),
  contentType: JSON_TYPE,
  headers: { 'X-GitHub-Event': 'pull_request', 'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
  sign: (body, secret, _, how) => ({
    'X-Hub-Signature-256': `${how?.hash ?? 'sha256'}=${hmac(secret, [body], 'hex', how)}`,
  }),
  proves: 'body',
  hasTimestamp: false,
  task: {
    text: /^GitHub sent pull_request opened of Codertocat\/Hello-World, caused by Codertocat:\n\n\{"action":"opened"/,
    userId: 'Codertocat',
  },
  unmatched: { 'event.action': 'closed' },
};

const slack: SourceSample = {
  options: options('slack'),
  body: eventText('slack-app-mention.json'),
  contentType: JSON_TYPE,
  headers: { 'X-Slack-Retry-Num': '1', 'X-Slack-Retry-Reason': 'http_timeout' },
  sign: (body, secret, timestampS, how) => ({
    'X-Slack-Request-Timestamp': `${timestampS}`,
    'X-Slack-Signature': `v0=${hmac(secret, [`v0:${timestampS}:`, body], 'hex', how)}`,
  }),
  proves: 'body',
  hasTimestamp: true,
  task: {
    text: /^What is the hour of the pearl, <@U0LAN0Z89>\?$/,
    userId: 'U123ABC456',
    sessionKey: 'T123ABC456:C123ABC456:1515449522.000016',
  },
  unmatched: { 'event.event.type': 'message' },
};

const cloudevents: SourceSample = {
  options: options('cloudevents'),
  body: eventText('cloudevents-structured.json'),
  contentType: 'application/cloudevents+json; charset=UTF-8',
  headers: {},
  sign: (_, secret) => ({ Authorization: `Bearer ${secret}` }),
  proves: 'sender',
  hasTimestamp: false,
  task: { text: /^https:\/\/github\.com\/cloudevents\/spec\/pull sent com\.github\.pull_request\.opened, 123:\n/ },
  unmatched: { 'event.data.appinfoB': { $gt: 123 } },
};

const samples = {
  github,
  'github, as a form': {
    ...github,
    body: `payload=${encodeURIComponent(github.body)}`,
    contentType: 'application/x-www-form-urlencoded',
  },
  stripe: {
    options: options('stripe', { secret: ['whsec_stripe'] }),
    body: eventText('stripe-invoice-payment-failed.json'),
    contentType: 'application/json; charset=utf-8',
    headers: {},
    sign: (body, secret, timestampS, how) => ({
      'Stripe-Signature': `t=${timestampS},v1=${hmac(secret, [`${timestampS}.`, body], 'hex', how)}`,
    }),
    proves: 'body',
    hasTimestamp: true,
    task: { text: /^Stripe sent invoice\.payment_failed:\n\n.*"customer":"cus_NffrFeUfNV2Hib"/ },
    unmatched: { 'event.type': { $startsWith: 'customer.' } },
  },
  slack,
  'slack, a slash command': {
    ...slack,
    body: eventText('slack-slash-command.txt'),
    contentType: 'application/x-www-form-urlencoded',
    headers: {},
    task: {
      text: /^why did build 4312 fail\?$/,
      userId: 'U2147483697',
      sessionKey: 'T0001:C2147483705:commands',
    },
    unmatched: { 'event.command': '/other' },
  },
  gitlab: {
    options: options('gitlab', { secret: [WHSEC] }),
    body: eventText('gitlab-merge-request.json'),
    contentType: JSON_TYPE,
    headers: { 'X-Gitlab-Event': 'Merge Request Hook' },
    sign: standard,
    proves: 'body',
    hasTimestamp: true,
    task: { text: /^GitLab sent merge_request open of gitlabhq\/gitlab-test, caused by root:\n/, userId: 'root' },
    unmatched: { event: { labels: { title: 'UI' } } },
  },
  'gitlab, by token': {
    options: options('gitlab', { scheme: 'gitlab-token' }),
    body: eventText('gitlab-merge-request.json'),
    contentType: JSON_TYPE,
    headers: { 'X-Gitlab-Event': 'Merge Request Hook', 'Idempotency-Key': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f' },
    sign: (_, secret) => ({ 'X-Gitlab-Token': secret }),
    proves: 'sender',
    hasTimestamp: false,
    task: { text: /^GitLab sent merge_request open of gitlabhq\/gitlab-test, caused by root:\n/, userId: 'root' },
    unmatched: { 'event.object_attributes.action': { $nin: ['open', 'reopen'] } },
  },
  shopify: {
    options: options('shopify'),
    body: eventText('shopify-orders-create.json'),
    contentType: JSON_TYPE,
    headers: {
      'X-Shopify-Topic': 'orders/create',
      'X-Shopify-Shop-Domain': 'example.myshopify.com',
      'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    },
    sign: (body, secret, _, how) => ({ 'X-Shopify-Hmac-SHA256': hmac(secret, [body], 'base64', how) }),
    proves: 'body',
    hasTimestamp: false,
    task: { text: /^The shop example\.myshopify\.com sent orders\/create:\n\n\{"id":"820982911946154508"/ },
    unmatched: { event_type: { $endsWith: '/paid' } },
  },
  alertmanager: {
    options: options('alertmanager'),
    body: eventText('alertmanager-firing.json'),
    contentType: JSON_TYPE,
    headers: {},
    sign: (_, secret) => ({ Authorization: `Bearer ${secret}` }),
    proves: 'sender',
    hasTimestamp: false,
    task: { text: /^Alertmanager reports firing: InstanceDown, InstanceDown\. Find the cause\.\n/ },
    unmatched: { 'event.alerts[*].labels.severity': 'warning' },
  },
  grafana: {
    options: options('grafana'),
    body: eventText('grafana-firing.json'),
    contentType: JSON_TYPE,
    headers: {},
    sign: (body, secret, _, how) => ({ 'X-Grafana-Alerting-Signature': hmac(secret, [body], 'hex', how) }),
    proves: 'body',
    hasTimestamp: false,
    task: { text: /^Grafana reports \[FIRING:1\] {2}\(blue\)\. Find the cause\.\n/ },
    unmatched: { 'event.commonLabels.team': { $ne: 'blue' } },
  },
  'grafana, with a timestamp': {
    options: options('grafana', {
      signing: {
        header: 'X-Grafana-Alerting-Signature',
        timestamp_header: 'X-Grafana-Alerting-Timestamp',
        template: '{timestamp}:{body}',
      },
    }),
    body: eventText('grafana-firing.json'),
    contentType: JSON_TYPE,
    headers: {},
    sign: (body, secret, timestampS, how) => ({
      'X-Grafana-Alerting-Timestamp': `${timestampS}`,
      'X-Grafana-Alerting-Signature': hmac(secret, [`${timestampS}:`, body], 'hex', how),
    }),
    proves: 'body',
    hasTimestamp: true,
    task: { text: /^Grafana reports \[FIRING:1\]/ },
    unmatched: { 'event.status': 'resolved' },
  },
  'cloudevents, structured': cloudevents,
  'cloudevents, binary': {
    ...cloudevents,
    body: '{"appinfoA":"abc","appinfoB":123}',
    contentType: JSON_TYPE,
    headers: {
      'ce-specversion': '1.0',
      'ce-type': 'com.example.someevent',
      'ce-time': '2018-04-05T03:56:24Z',
      'ce-id': '1234-1234-1234',
      'ce-source': '/mycontext/subcontext',
      'ce-subject': 'Euro%20%E2%82%AC',
    },
    mayBeEmpty: true,
    takesAnyType: true,
    task: { text: /^\/mycontext\/subcontext sent com\.example\.someevent, Euro €:\n/ },
  },
  'standard-webhooks': {
    options: options('standard-webhooks', { secret: [WHSEC] }),
    body: eventText('standard-webhooks-user-created.json'),
    contentType: JSON_TYPE,
    headers: {},
    sign: standard,
    proves: 'body',
    hasTimestamp: true,
    task: { text: /^The source standard-webhooks sent user\.created:\n/ },
    unmatched: { event_type: { $not: { $startsWith: 'user.' } } },
  },
  generic: {
    options: options('generic', {
      name: 'ci',
      preset: 'generic',
      signing: { header: 'X-CI-Signature', prefix: 'v1=', encoding: 'base64', id_header: 'X-CI-Delivery' },
      headers: ['X-CI-Kind'],
      event_type: '{{ headers.X-CI-Kind }}',
      events: ['build.*'],
      map: {
        text: 'Say why build {{ event.build.number }} of {{ event.build.branch }} failed ({{ event.steps }}, by {{ event.by | default: "nobody" }}).',
        session_key: 'build {{ event.build.number }}',
        user_id: '{{ event.by }}',
        callback_url: '{{ event.reply_to }}',
        metadata: { branch: '{{ event.build.branch }}', by: '{{ event.by }}' },
      },
    }),
    body: eventText('generic-build-failed.json'),
    contentType: JSON_TYPE,
    headers: { 'X-CI-Kind': 'build.failed', 'X-CI-Delivery': 'd-4312' },
    sign: (body, secret, _, how) => ({ 'X-CI-Signature': `v1=${hmac(secret, [body], 'base64', how)}` }),
    proves: 'body',
    hasTimestamp: false,
    task: {
      text: /^Say why build 4312 of main failed \(install, test, by nobody\)\.$/,
      sessionKey: 'build 4312',
    },
    unmatched: { $or: [{ 'event.build.number': { $lt: 4312 } }, { 'event.build.branch': 'next' }] },
  },
  svix: {
    options: options('standard-webhooks', { scheme: 'svix', secret: [WHSEC] }),
    body: eventText('standard-webhooks-user-created.json'),
    contentType: JSON_TYPE,
    headers: {},
    sign: (...given) =>
      Object.fromEntries(Object.entries(standard(...given)).map(([name, value]) => [`svix-${name.slice(8)}`, value])),
    proves: 'body',
    hasTimestamp: true,
    task: { text: /^The source standard-webhooks sent user\.created:\n/ },
    unmatched: { event_type: { $not: { $startsWith: 'user.' } } },
  },
} satisfies Record<string, SourceSample>;

export type SampleName = keyof typeof samples;

/** One of every preset, of every form that a preset takes, and of every scheme. */
export const SOURCE_SAMPLES: Readonly<Record<string, SourceSample>> = samples;
