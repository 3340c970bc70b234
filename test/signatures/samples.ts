import { createHmac, sign } from 'node:crypto';
import { createSigningScheme } from '../../src/signatures/signing-scheme.ts';
import type { SignatureScheme } from '../../src/signatures/scheme.ts';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { ed25519PrivateKey } from './ed25519-private-key.ts';

/** A well signed request of a scheme; the signature is computed here and not by the code under test. */
export interface Sample {
  readonly name: string;
  readonly scheme: SignatureScheme;
  readonly secret: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly deliveryId: string | undefined;
  /** Headers that the signature covers, or is. */
  readonly signed: readonly string[];
  /** Whether a byte more or less in the body is noticed. */
  readonly coversBody: boolean;
}

export const NOW_S = 1_800_000_000;

const TEXT = '{"id":"evt_1","event_id":"Ev1","text":"Grüße"}';
const SEED = Buffer.alloc(32, 7);

function hmac(algorithm: string, key: string | Buffer, content: string, encoding: 'hex' | 'base64'): string {
  return createHmac(algorithm, key).update(content).digest(encoding);
}

function standardSample(name: 'standard-webhooks' | 'gitlab' | 'svix', secret: string, key: string | Buffer): Sample {
  const prefix = name === 'svix' ? 'svix' : 'webhook';
  const signature = `v1,${hmac('sha256', key, `msg_1.${NOW_S}.${TEXT}`, 'base64')}`;
  const headers = {
    [`${prefix}-id`]: 'msg_1',
    [`${prefix}-timestamp`]: `${NOW_S}`,
    [`${prefix}-signature`]: signature,
  };
  const scheme = SCHEMES[name];
  return {
    name: `${name}, ${secret.slice(0, 6)}`,
    scheme,
    secret,
    body: TEXT,
    headers,
    deliveryId: 'msg_1',
    signed: Object.keys(headers),
    coversBody: true,
  };
}

function bodySample(name: 'github' | 'shopify', header: string, value: string, secret = 'alpha'): Sample {
  const scheme = SCHEMES[name];
  const headers = { [header]: value };
  return { name, scheme, secret, body: TEXT, headers, deliveryId: undefined, signed: [header], coversBody: true };
}

const ed25519: Sample = {
  ...standardSample('standard-webhooks', 'whpk_', 'none'),
  name: 'standard-webhooks, Ed25519',
  secret: `whpk_${ed25519PrivateKey(SEED).publicBytes.toString('base64')}`,
  headers: {
    'webhook-id': 'msg_1',
    'webhook-timestamp': `${NOW_S}`,
    'webhook-signature': `v1a,${sign(null, Buffer.from(`msg_1.${NOW_S}.${TEXT}`), ed25519PrivateKey(SEED).key).toString('base64')}`,
  },
};

const stripeSignature = hmac('sha256', 'whsec_alpha', `${NOW_S}.${TEXT}`, 'hex');
const stripe: Sample = {
  name: 'stripe',
  scheme: SCHEMES.stripe,
  secret: 'whsec_alpha',
  body: TEXT,
  headers: { 'stripe-signature': `t=${NOW_S},v1=${stripeSignature}` },
  deliveryId: 'evt_1',
  signed: ['stripe-signature'],
  coversBody: true,
};

const slack: Sample = {
  name: 'slack',
  scheme: SCHEMES.slack,
  secret: 'alpha',
  body: TEXT,
  headers: {
    'x-slack-request-timestamp': `${NOW_S}`,
    'x-slack-signature': `v0=${hmac('sha256', 'alpha', `v0:${NOW_S}:${TEXT}`, 'hex')}`,
  },
  deliveryId: 'Ev1',
  signed: ['x-slack-request-timestamp', 'x-slack-signature'],
  coversBody: true,
};

const gitlabToken: Sample = {
  name: 'gitlab-token',
  scheme: SCHEMES['gitlab-token'],
  secret: 'alpha',
  body: TEXT,
  headers: { 'x-gitlab-token': 'alpha' },
  deliveryId: undefined,
  signed: ['x-gitlab-token'],
  coversBody: false,
};

const bearer: Sample = {
  name: 'bearer',
  scheme: SCHEMES.bearer,
  secret: 'alpha',
  body: TEXT,
  headers: { authorization: 'Bearer alpha' },
  deliveryId: undefined,
  signed: ['authorization'],
  coversBody: false,
};

const genericSignature = hmac('sha512', 'alpha', `d-1:${NOW_S}:shop.example:${TEXT}`, 'base64');
const generic: Sample = {
  name: 'generic',
  scheme: createSigningScheme({
    header: 'X-Signature',
    algorithm: 'sha512',
    encoding: 'base64',
    template: '{id}:{timestamp}:{header:X-Shop}:{body}',
    timestampHeader: 'X-Time',
    idHeader: 'X-Id',
  }),
  secret: 'alpha',
  body: TEXT,
  headers: { 'x-signature': genericSignature, 'x-time': `${NOW_S}`, 'x-id': 'd-1', 'x-shop': 'shop.example' },
  deliveryId: 'd-1',
  signed: ['x-signature', 'x-time', 'x-id', 'x-shop'],
  coversBody: true,
};

/** One of every scheme. */
export const SAMPLES: readonly Sample[] = [
  bodySample('github', 'x-hub-signature-256', `sha256=${hmac('sha256', 'alpha', TEXT, 'hex')}`),
  bodySample('shopify', 'x-shopify-hmac-sha256', hmac('sha256', 'alpha', TEXT, 'base64')),
  standardSample('standard-webhooks', 'alpha-secret', 'alpha-secret'),
  standardSample('standard-webhooks', 'whsec_YWxwaGE=', Buffer.from('alpha')),
  standardSample('gitlab', 'whsec_YWxwaGE=', Buffer.from('alpha')),
  standardSample('svix', 'whsec_YWxwaGE=', Buffer.from('alpha')),
  ed25519,
  stripe,
  slack,
  gitlabToken,
  bearer,
  generic,
];
