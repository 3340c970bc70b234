import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventText, type SourceSample } from './source-samples.ts';

export const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';
export const PUSH_ACCOUNT = 'push@myproject.iam.gserviceaccount.com';
export const PUSH_AUDIENCE = 'https://agents.example.com/hooks/google-pubsub';

/** A key pair of an issuer, and the key as its JWKS has it. */
export interface IssuerKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: object;
}

export function issuerKey(kid: string): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

export const [FIRST_KEY, SECOND_KEY, FOREIGN_KEY] = [
  issuerKey('7d680d8c'),
  issuerKey('a1b2c3d4'),
  issuerKey('7d680d8c'),
];
export const GOOGLE_JWKS = JSON.stringify({ keys: [FIRST_KEY.jwk, SECOND_KEY.jwk] });

/** The claims of a token of Google for a push, issued at a time in seconds. */
export function pushClaims(iat: number): Record<string, unknown> {
  return {
    aud: PUSH_AUDIENCE,
    azp: '113774264463038321964',
    email: PUSH_ACCOUNT,
    sub: '113774264463038321964',
    email_verified: true,
    exp: iat + 3600,
    iat,
    iss: 'https://accounts.google.com',
  };
}

/** A token signed with RS256, as RFC 7515 section 3.1 describes. */
export function rs256(claims: object, key: IssuerKey, header: object = {}): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

export const TOPIC = 'arn:aws:sns:us-west-2:123456789012:MyTopic';
const CERTIFICATES = 'https://sns.us-west-2.amazonaws.com/SimpleNotificationService';

/** A certificate that a message of Amazon SNS may name, with its private key. */
export function snsCertificate(name: 'first' | 'second' | 'elliptic') {
  const pem = readFileSync(new URL(`../fixtures/certificates/sns-${name}.pem`, import.meta.url), 'utf8');
  const text = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'));
  return { url: `${CERTIFICATES}-${name}.pem`, text, privateKey: createPrivateKey(pem) };
}

type Message = Readonly<Record<string, string>>;

/** A message of Amazon SNS, signed as its documentation describes. */
export function snsMessage(
  message: Message,
  { certificate = snsCertificate('first'), hash = 'sha256' } = {},
): Record<string, string> {
  const names = {
    Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
    Confirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  }[message['Type'] === 'Notification' ? 'Notification' : 'Confirmation'];
  const known = names.filter((name) => message[name] !== undefined);
  const text = known.map((name) => `${name}\n${message[name]}\n`).join('');
  const signature = sign(hash, Buffer.from(text), certificate.privateKey).toString('base64');
  const version = hash === 'sha1' ? '1' : '2';
  return { ...message, Signature: signature, SignatureVersion: version, SigningCertURL: certificate.url };
}

/** The time of a message as SNS writes it. */
export function snsTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

const samples = {
  'google-pubsub': {
    options: {
      name: 'google-pubsub',
      preset: 'google-pubsub',
      client: 'alpha',
      oidc: { audience: [PUSH_AUDIENCE], claims: { email: [PUSH_ACCOUNT] } },
    },
    body: eventText('google-pubsub-object-finalize.json'),
    contentType: 'application/json',
    headers: {},
    sign(_body, secret, at) {
      const key = { other: FOREIGN_KEY, 'second-secret': SECOND_KEY }[secret] ?? FIRST_KEY;
      // Short, so that it is out of its time when the suite says so.
      return { Authorization: `Bearer ${rs256({ ...pushClaims(at), exp: at + 200 }, key)}` };
    },
    proves: 'sender',
    hasTimestamp: true,
    documents: { [GOOGLE_KEYS]: GOOGLE_JWKS },
    task: {
      text: /^Pub\/Sub sent a message of projects\/myproject\/subscriptions\/mysubscription:\n\n\{"kind":"storage#object","name":"2026\/11\/umsatz-übersicht\.csv",/,
      sessionKey: 'reports-in',
    },
    unmatched: { event_type: 'OBJECT_DELETE' },
  },
  'amazon-sns': {
    options: {
      name: 'amazon-sns',
      preset: 'amazon-sns',
      client: 'alpha',
      signing: { allowed_values: { TopicArn: [TOPIC] } },
    },
    body: eventText('amazon-sns-notification.json'),
    contentType: 'text/plain; charset=UTF-8',
    headers: { 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-topic-arn': TOPIC },
    sign: () => ({}),
    signBody(body, secret, at) {
      const { first, second } = { first: snsCertificate('first'), second: snsCertificate('second') };
      if (!body.startsWith('{"Type"') && !body.includes('"Notification"')) return body;
      const message = { ...(JSON.parse(body) as Message), Timestamp: snsTime(at) };
      const signed = snsMessage(message, { certificate: secret === '' ? first : second });
      return JSON.stringify(secret === 'other' ? { ...signed, SigningCertURL: first.url } : signed);
    },
    proves: 'sender',
    hasTimestamp: false,
    documents: Object.fromEntries(
      [snsCertificate('first'), snsCertificate('second')].map(({ url, text }) => [url, text]),
    ),
    task: {
      text: /^Amazon SNS sent ALARM: "orders-5xx" in US West \(Oregon\) of arn:aws:sns:us-west-2:123456789012:MyTopic:\n\n\{"AlarmName"/,
    },
    unmatched: { 'event.Type': 'Other' },
  },
} satisfies Record<string, SourceSample>;

export type RemoteKeyName = keyof typeof samples;

/** Senders whose keys stand at other hosts. */
export const REMOTE_KEY_SAMPLES: Readonly<Record<string, SourceSample>> = samples;
