import { createHmac } from 'node:crypto';
import { eventText, type SourceOptions, type SourceSample } from './source-samples.ts';

type Sign = SourceSample['sign'];

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded; charset=UTF-8';
/** What senders call a test server that has no public URL. */
export const SENDERS_URL = 'http://localhost/hooks/';

function hmac(hash: string, secret: string, content: (string | Uint8Array)[], encoding: 'hex' | 'base64'): string {
  const made = createHmac(hash, secret);
  for (const part of content) made.update(part);
  return made.digest(encoding);
}

/** A signature of the body alone, in one header. */
const ofBody =
  (header: string, prefix = '', hash = 'sha256', encoding: 'hex' | 'base64' = 'hex'): Sign =>
  (body, secret, _, how) => ({
    [header]: prefix.replace(hash, how?.hash ?? hash) + hmac(how?.hash ?? hash, secret, [body], encoding),
  });

function vendor(
  preset: string,
  event: string,
  sign: Sign,
  more: Pick<SourceSample, 'task' | 'unmatched'> &
    Partial<Omit<SourceSample, 'options'>> & { options?: Partial<SourceOptions> },
): SourceSample {
  return {
    body: eventText(event),
    contentType: JSON_TYPE,
    headers: {},
    sign,
    proves: 'body',
    hasTimestamp: false,
    ...more,
    options: { name: preset, preset, secret: [`${preset}-secret`], client: 'alpha', ...more.options },
  };
}

function twilioForm(body: string | Uint8Array): string {
  const fields = [...new URLSearchParams(Buffer.from(body).toString())];
  return fields
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('');
}

const samples = {
  bitbucket: vendor('bitbucket', 'bitbucket-push.json', ofBody('X-Hub-Signature', 'sha256='), {
    headers: {
      'X-Event-Key': 'repo:push',
      'X-Request-UUID': '8d2cbd2d-4b4e-4f7d-9e56-5d5f3f4a1c11',
      'X-Attempt-Number': '1',
    },
    task: {
      text: /^Bitbucket sent repo:push of team\/repo, caused by Emma:/,
      userId: '{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}',
    },
    unmatched: { 'event.repository.full_name': 'team/other' },
  }),
  jira: vendor('jira', 'jira-issue-created.json', ofBody('X-Hub-Signature', 'sha256='), {
    headers: { 'X-Atlassian-Webhook-Identifier': '7f2c9d1e-1' },
    task: {
      text: /^Jira sent jira:issue_created of JRA-20002: I feel the need for speed/,
      userId: '5b10a2844c20165700ede21g',
      sessionKey: 'JRA-20002',
    },
    unmatched: { 'event.issue.fields.priority.name': 'Major' },
  }),
  linear: vendor('linear', 'linear-issue-create.json', ofBody('Linear-Signature'), {
    // The recorded event is old; a test of its own has the window.
    options: { signing: { header: 'Linear-Signature', id_header: 'Linear-Delivery' } },
    headers: { 'Linear-Delivery': '234d1a4e-b617-4388-90fe-adc3633d6b72', 'Linear-Event': 'Issue' },
    task: { text: /^Linear sent Issue\.create of LIN-1778:/, userId: 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba' },
    unmatched: { event_type: 'Issue.update' },
  }),
  sentry: vendor('sentry', 'sentry-issue-created.json', ofBody('Sentry-Hook-Signature'), {
    headers: { 'Sentry-Hook-Resource': 'issue', 'Request-ID': '5a3b', 'Sentry-Hook-Timestamp': '1711315768' },
    task: { text: /^Sentry sent issue\.created: ReferenceError: heck is not defined\./, sessionKey: '1170820242' },
    unmatched: { 'event.data.issue.level': 'fatal' },
  }),
  woocommerce: vendor(
    'woocommerce',
    'woocommerce-order-created.json',
    ofBody('X-WC-Webhook-Signature', '', 'sha256', 'base64'),
    {
      headers: {
        'X-WC-Webhook-Topic': 'order.created',
        'X-WC-Webhook-Source': 'https://shop.example/',
        'X-WC-Webhook-Delivery-ID': 'f1d2d2f924e986ac86fdf7b36c94bcdf',
      },
      task: { text: /^The shop https:\/\/shop\.example\/ sent order\.created:/ },
      unmatched: { 'event.status': 'failed' },
    },
  ),
  paddle: vendor(
    'paddle',
    'paddle-transaction-completed.json',
    (body, secret, at, how) => ({
      'Paddle-Signature': `ts=${at};h1=${hmac(how?.hash ?? 'sha256', secret, [`${at}:`, body], 'hex')}`,
    }),
    {
      hasTimestamp: true,
      task: { text: /^Paddle sent transaction\.completed:/, sessionKey: 'ctm_01hbrp4jp2xdh0y1q2k3mvx9nk' },
      unmatched: { 'event.data.currency_code': 'EUR' },
    },
  ),
  square: vendor(
    'square',
    'square-payment-updated.json',
    (body, secret, _, how) => ({
      'x-square-hmacsha256-signature': hmac(
        how?.hash ?? 'sha256',
        secret,
        [how?.url ?? `${SENDERS_URL}square`, body],
        'base64',
      ),
    }),
    {
      task: { text: /^Square sent payment\.updated of 6SSW7HV8K2ST5:/ },
      unmatched: { 'event.data.object.payment.status': 'FAILED' },
    },
  ),
  meta: vendor('meta', 'meta-whatsapp-message.json', ofBody('X-Hub-Signature-256', 'sha256='), {
    options: { handshake: { token: 'meta-verify-token' } },
    task: {
      text: /^Does it come in another color\?\n/,
      userId: '16505551234',
      sessionKey: '106540352242922:16505551234',
    },
    unmatched: { event_type: 'feed' },
  }),
  zoom: vendor(
    'zoom',
    'zoom-meeting-started.json',
    (body, secret, at, how) => ({
      'x-zm-request-timestamp': `${at}`,
      'x-zm-signature': `v0=${hmac(how?.hash ?? 'sha256', secret, [`v0:${at}:`, body], 'hex')}`,
    }),
    { hasTimestamp: true, task: { text: /^Zoom sent meeting\.started:/ }, unmatched: { event_type: 'meeting.ended' } },
  ),
  twilio: vendor(
    'twilio',
    'twilio-message.txt',
    (body, secret, _, how) => ({
      'X-Twilio-Signature': hmac(
        how?.hash ?? 'sha1',
        secret,
        [`${how?.url ?? `${SENDERS_URL}twilio`}${twilioForm(body)}`],
        'base64',
      ),
    }),
    {
      hash: 'sha1',
      contentType: FORM_TYPE,
      provesType: true,
      task: { text: /^Is the build green\? ü$/, userId: '+15558675310', sessionKey: '+15017122661:+15558675310' },
      unmatched: { 'event.NumMedia': '1' },
    },
  ),
  telegram: vendor(
    'telegram',
    'telegram-message.json',
    (_, secret) => ({ 'X-Telegram-Bot-Api-Secret-Token': secret }),
    {
      proves: 'sender',
      task: { text: /^why did the build fail\?\n/, userId: '1111111', sessionKey: '1111111' },
      unmatched: { event_type: 'callback_query' },
    },
  ),
  intercom: vendor('intercom', 'intercom-conversation.json', ofBody('X-Hub-Signature', 'sha1=', 'sha1'), {
    hash: 'sha1',
    task: { text: /^Intercom sent conversation\.user\.created:/, sessionKey: '215469' },
    unmatched: { 'event.data.item.type': 'contact' },
  }),
  hubspot: vendor(
    'hubspot',
    'hubspot-contact-creation.json',
    (body, secret, at, how) => ({
      'X-HubSpot-Request-Timestamp': `${at * 1000}`,
      'X-HubSpot-Signature-v3': hmac(
        how?.hash ?? 'sha256',
        secret,
        [`POST${how?.url ?? `${SENDERS_URL}hubspot`}`, body, `${at * 1000}`],
        'base64',
      ),
    }),
    {
      hasTimestamp: true,
      task: { text: /^HubSpot sent contact\.propertyChange of 1246965:/ },
      unmatched: { 'event.changeSource': 'CRM' },
    },
  ),
  pagerduty: vendor(
    'pagerduty',
    'pagerduty-incident-triggered.json',
    (body, secret, _, how) => ({
      'X-PagerDuty-Signature': `v1=${'0'.repeat(64)},v1=${hmac(how?.hash ?? 'sha256', secret, [body], 'hex')}`,
    }),
    {
      task: { text: /^PagerDuty sent incident\.triggered: A little bump in the road\./, sessionKey: 'PGR0VU2' },
      unmatched: { 'event.event.data.urgency': 'low' },
    },
  ),
  datadog: vendor('datadog', 'datadog-alert.json', (_, secret) => ({ Authorization: `Bearer ${secret}` }), {
    proves: 'sender',
    task: { text: /^Datadog reports \[Triggered\] CPU is high\./ },
    unmatched: { 'event.org.name': 'Other' },
  }),
  'event-grid': vendor('event-grid', 'event-grid-blob-created.json', () => ({}), {
    query: (secret) => `?token=${encodeURIComponent(secret)}`,
    proves: 'sender',
    task: { text: /^Azure Event Grid sent Microsoft\.Storage\.BlobCreated of \/blobServices\/default/ },
    unmatched: { 'event.data.api': 'PutBlob' },
  }),
  asana: vendor('asana', 'asana-task-changed.json', ofBody('X-Hook-Signature'), {
    task: { text: /^Asana sent task\.changed:/, userId: '1111' },
    unmatched: { 'event.events[0].action': 'deleted' },
  }),
  typeform: vendor('typeform', 'typeform-response.json', ofBody('Typeform-Signature', 'sha256=', 'sha256', 'base64'), {
    task: { text: /^Typeform sent form_response of lT4Z3j:/ },
    unmatched: { 'event.form_response.form_id': 'other' },
  }),
} satisfies Record<string, SourceSample>;

export type VendorName = keyof typeof samples;

/** One of each sender, with an event of the shape that its page shows. */
export const VENDOR_SAMPLES: Readonly<Record<string, SourceSample>> = samples;
