import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigningScheme } from '../../src/signatures/signing-scheme.ts';
import { signGithub } from '../../src/signatures/sign-request.ts';
import type { SignatureScheme, SignedHeaders } from '../../src/signatures/scheme.ts';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { signStandardWebhook } from '../../src/signatures/standard-webhooks.ts';
import { PRESETS } from '../../src/sources/presets.ts';

interface Vector {
  readonly from: string;
  readonly scheme: SignatureScheme;
  readonly secret: string;
  readonly body: string;
  readonly headers: SignedHeaders;
  readonly timeS?: number;
  readonly deliveryId?: string;
}

const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const PRIVATE_KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const PUBLIC_KEY = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
const ED25519_SIGNATURE =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

function standardVector(from: string, secret: string, signature: string): Vector {
  return {
    from,
    scheme: SCHEMES['standard-webhooks'],
    secret,
    body: MESSAGE.body,
    headers: {
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': String(MESSAGE.timestamp),
      'webhook-signature': signature,
    },
    timeS: MESSAGE.timestamp,
    deliveryId: MESSAGE.id,
  };
}

const STANDARD = standardVector('Standard Webhooks', SECRET, SIGNATURE);

const GITHUB_VECTORS: [from: string, secret: string, body: string, hex: string][] = [
  [
    'GitHub docs',
    "It's a Secret to Everybody",
    'Hello, World!',
    '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  ],
  ['octokit, JSON', 'mysecret', '{"foo":"bar"}', '4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3'],
  ['octokit, text', 'secret', 'data', '1b2c16b75bd2a870c114153ccda5bcfca63314bc722fa160d690de133ccbb9db'],
  [
    'octokit, escapes and UTF-8',
    'development',
    String.raw`{"foo":"Foo\n\u001B[34mbar: ♥♥♥♥♥♥♥♥\nthis-is-lost\u001B[0m\u001B[2K"}`,
    'afecc3caa27548bb90d51a50384cb2868b9a3327b4ad6a01c9bd4ed0f8b0b12c',
  ],
  ['Convoy', 'Convoy', 'Test Payload Body', 'd7a154547e7c35e31c4c820e20237650939c3d34dae136e30a7757ca61abb4cf'],
];

const SLACK_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
  '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
  '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

const VECTORS: readonly Vector[] = [
  ...GITHUB_VECTORS.map(([from, secret, body, hex]) => ({
    from,
    scheme: SCHEMES.github,
    secret,
    body,
    headers: { 'x-hub-signature-256': `sha256=${hex}` },
  })),
  STANDARD,
  standardVector('Svix server, Ed25519', PUBLIC_KEY, ED25519_SIGNATURE),
  {
    from: 'Svix, by its own header names',
    scheme: SCHEMES.svix,
    secret: SECRET,
    body: MESSAGE.body,
    headers: { 'svix-id': MESSAGE.id, 'svix-timestamp': String(MESSAGE.timestamp), 'svix-signature': SIGNATURE },
    timeS: MESSAGE.timestamp,
    deliveryId: MESSAGE.id,
  },
  {
    from: 'Slack docs',
    scheme: SCHEMES.slack,
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    body: SLACK_BODY,
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    timeS: 1531420618,
  },
  ...(['jira', 'bitbucket'] as const).map((preset) => ({
    from: `Atlassian docs, the preset ${preset}`,
    scheme: PRESETS[preset].scheme,
    secret: "It's a Secret to Everybody",
    body: 'Hello World!',
    headers: { 'x-hub-signature': 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9' },
  })),
  {
    from: 'Convoy, as Shopify signs',
    scheme: SCHEMES.shopify,
    secret: 'Convoy',
    body: 'Test Payload Body',
    headers: { 'x-shopify-hmac-sha256': '16FUVH58NeMcTIIOICN2UJOcPTTa4TbjCndXymGrtM8=' },
  },
  {
    from: 'Convoy, as Shopify signs its Events',
    scheme: SCHEMES.shopify,
    secret: 'Convoy',
    body: 'Test Payload Body',
    headers: { 'shopify-hmac-sha256': '16FUVH58NeMcTIIOICN2UJOcPTTa4TbjCndXymGrtM8=' },
  },
  {
    from: 'Convoy, by options',
    scheme: createSigningScheme({ header: 'X-Convoy-Signature', encoding: 'base64' }),
    secret: 'Convoy',
    body: 'Test Payload Body',
    headers: { 'x-convoy-signature': '16FUVH58NeMcTIIOICN2UJOcPTTa4TbjCndXymGrtM8=' },
  },
  {
    from: 'GitHub docs, by options',
    scheme: createSigningScheme({ header: 'X-Hub-Signature-256', prefix: 'sha256=' }),
    secret: "It's a Secret to Everybody",
    body: 'Hello, World!',
    headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  },
  {
    from: 'Slack docs, by options',
    scheme: createSigningScheme({
      header: 'x-slack-signature',
      prefix: 'v0=',
      timestampHeader: 'x-slack-request-timestamp',
      template: 'v0:{timestamp}:{body}',
    }),
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    body: SLACK_BODY,
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    timeS: 1531420618,
  },
];

function verify(vector: Vector, changed: Partial<Vector> = {}) {
  const { scheme, headers, body, secret, timeS = 0 } = { ...vector, ...changed };
  return scheme.verify({ headers, body: Buffer.from(body), secrets: [secret], now: timeS * 1000 });
}

describe('a published signature holds:', () => {
  for (const vector of VECTORS)
    test(vector.from, () => assert.deepEqual(verify(vector), { ok: true, deliveryId: vector.deliveryId }));
});

describe('what the published tests refuse is refused:', () => {
  const [, signature = ''] = SIGNATURE.split(',');
  const signatures: [string, string][] = [
    ['the version alone', 'v1,'],
    ['the first 8 characters', `v1,${signature.slice(0, 8)}`],
    ['another version', `v2,${signature}`],
    ['no version', signature],
    ['no comma', `v1${signature}`],
    ['the tag of Ed25519', `v1a,${signature}`],
    ['nothing', ''],
    ['spaces', '   '],
    ['more after a comma', `${SIGNATURE},`],
    ['a comma for the space', `v1,AAAA,${SIGNATURE}`],
    ['no padding', SIGNATURE.replace('=', '')],
    ['other last bits of the same bytes', SIGNATURE.replace('OE=', 'OF=')],
    ['the alphabet of URLs', SIGNATURE.replaceAll('+', '-').replaceAll('/', '_')],
  ];
  for (const [what, value] of signatures)
    test(what, () => {
      const headers = { ...STANDARD.headers, 'webhook-signature': value };
      assert.deepEqual(verify(STANDARD, { headers }), { ok: false, reason: 'signature_invalid' });
    });

  for (const secret of ['', ' ', 'whsec_', 'whsec_=', 'whsec_!', 'whpk_', 'whsk_'])
    test(`the secret "${secret}"`, () => assert.equal(verify(STANDARD, { secret }).ok, false));

  for (const off of [-301, 301])
    test(`${off} s`, () =>
      assert.deepEqual(verify(STANDARD, { timeS: MESSAGE.timestamp + off }), {
        ok: false,
        reason: 'timestamp_out_of_window',
      }));

  for (const timestamp of ['', 'abc', '1614265330.0', '+1614265330', '0x60379c32', '01614265330', '1614265330 ', '1e9'])
    test(`the timestamp "${timestamp}"`, () => {
      const headers = { ...STANDARD.headers, 'webhook-timestamp': timestamp };
      assert.deepEqual(verify(STANDARD, { headers }), { ok: false, reason: 'signature_invalid' });
    });
});

test('among other entries the one that holds is found', () => {
  const other = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
  for (const value of [`${other} ${SIGNATURE}`, `v2,x ${SIGNATURE} ${other}`, `${ED25519_SIGNATURE} ${SIGNATURE}`]) {
    const headers = { ...STANDARD.headers, 'webhook-signature': value };
    assert.equal(verify(STANDARD, { headers }).ok, true);
  }
});

describe('the published signature is what is signed:', () => {
  for (const [from, secret, body, hex] of GITHUB_VECTORS)
    test(from, () => assert.equal(signGithub(secret, body), `sha256=${hex}`));

  test('Standard Webhooks and Svix server, side by side', () => {
    assert.deepEqual(signStandardWebhook({ ...MESSAGE, secrets: [SECRET, PRIVATE_KEY] }), {
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': `${SIGNATURE} ${ED25519_SIGNATURE}`,
    });
  });
});
