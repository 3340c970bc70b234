import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import twilio from 'twilio';
import type { SignedRequest } from '../../src/signatures/scheme.ts';
import type { SigningOptions } from '../../src/signatures/signing-options.ts';
import { createSigningScheme } from '../../src/signatures/signing-scheme.ts';

const NOW = 1_800_000_000_000;
const NOW_S = NOW / 1000;
const URL = 'https://agents.example.com/hooks/it?x=1';
const BODY = '{"id":"e-1","at":1800000000000,"proof":{"token":"alpha","n":7}}';
const FORM = 'b=2&a=1&a=0&c=%C3%BC+';
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function hmac(content: string, hash = 'sha256', encoding: 'hex' | 'base64' = 'hex', key: string | Buffer = 'alpha') {
  return createHmac(hash, key).update(content).digest(encoding);
}

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function der(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}

function rawEd25519(encoding: 'hex' | 'base64'): string {
  return Buffer.from(ed25519.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(encoding);
}

function judge(options: SigningOptions, request: Partial<SignedRequest> & { secret?: string; text?: string }) {
  const { secret = 'alpha', text = BODY, ...rest } = request;
  const scheme = createSigningScheme(options);
  assert.equal(scheme.findSecretFault(secret), undefined);
  return scheme.verify({
    method: 'POST',
    url: URL,
    headers: {},
    body: Buffer.from(text),
    secrets: [secret],
    now: NOW,
    ...rest,
  });
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const timed = { header: 'X-Sig', timestampHeader: 'X-Time', template: '{timestamp}.{body}' } as const;

interface Row {
  readonly options: SigningOptions;
  readonly good: Partial<SignedRequest> & { secret?: string; text?: string };
  /** Changes that must be refused. */
  readonly bad?: readonly (Partial<SignedRequest> & { secret?: string; text?: string })[];
}

const p256Signature = sign('sha256', Buffer.from(`${NOW_S}${BODY}`), p256.privateKey).toString('base64');
const p1363 = sign('sha256', Buffer.from(BODY), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64');
const edSignature = sign(null, Buffer.from(`${NOW_S}${BODY}`), ed25519.privateKey).toString('hex');
const twilioForm = createHmac('sha1', 'alpha').update(`${URL}a0a1b2cü `).digest('base64');
const twilioJsonUrl = `${URL}&bodySHA256=${createHash('sha256').update(BODY).digest('hex')}`;

const ROWS: Readonly<Record<string, Row>> = {
  'a plain token in a named header': {
    options: { header: 'X-Token', algorithm: 'plain' },
    good: { headers: { 'x-token': 'alpha' } },
    bad: [
      { headers: { 'x-token': 'alph' } },
      { headers: { 'x-token': 'alphaa' } },
      { headers: { 'x-token': ['alpha', 'alpha'] } },
      { headers: { 'x-token': '' } },
    ],
  },
  'a plain token in the query': {
    options: { query: 'code', algorithm: 'plain' },
    good: { url: 'https://a.example/hooks/it?code=alpha' },
    bad: [{ url: 'https://a.example/hooks/it?code=beta' }, { url: 'https://a.example/?code=alpha&code=alpha' }],
  },
  'a plain token in a field of JSON': {
    options: { field: 'proof.token', algorithm: 'plain' },
    good: {},
    bad: [{ text: '{"proof":{"token":"beta"}}' }, { text: '{"proof":["alpha"]}' }, { text: '{"proof":' }],
  },
  'a plain token in a field of a form': {
    options: { field: 'token', algorithm: 'plain' },
    good: { headers: FORM_TYPE, text: 'a=1&token=alpha' },
    bad: [{ headers: FORM_TYPE, text: 'token=alpha&token=alpha' }],
  },
  'user and password': {
    options: { authorization: 'basic', algorithm: 'plain' },
    good: { secret: 'user:pass:wörd', headers: basic('user:pass:wörd') },
    bad: [
      { secret: 'user:p', headers: basic('user:q') },
      { secret: 'user:p', headers: { authorization: 'Basic %' } },
      { secret: 'user:p', headers: { authorization: 'Bearer user:p' } },
    ],
  },
  'method, URL, body and time in milliseconds, as HubSpot signs': {
    options: {
      header: 'X-HubSpot-Signature-v3',
      encoding: 'base64',
      template: '{method}{url}{body}{timestamp}',
      timestampHeader: 'X-HubSpot-Request-Timestamp',
      timestampUnit: 'ms',
    },
    good: {
      headers: {
        'x-hubspot-signature-v3': hmac(`POST${URL}${BODY}${NOW}`, 'sha256', 'base64'),
        'x-hubspot-request-timestamp': `${NOW}`,
      },
    },
    bad: [
      { method: 'PUT' },
      { url: 'https://evil.example/hooks/it?x=1' },
      { now: NOW + 301_000 },
      { now: NOW - 301_000 },
    ],
  },
  'body and URL by SHA-1, as Trello signs': {
    options: { header: 'X-Trello-Webhook', algorithm: 'sha1', encoding: 'base64', template: '{body}{url}' },
    good: { headers: { 'x-trello-webhook': hmac(BODY + URL, 'sha1', 'base64') } },
    bad: [{ url: `${URL}2` }],
  },
  'path and a header beside the body': {
    options: { header: 'X-Sig', template: '{path}|{header:X-Nonce}|{body}' },
    good: { headers: { 'x-sig': hmac(`/hooks/it|n1|${BODY}`), 'x-nonce': 'n1' } },
    bad: [{ url: 'https://agents.example.com/hooks/other' }],
  },
  'the sorted fields of a form, as Twilio signs': {
    options: { header: 'X-Twilio-Signature', algorithm: 'sha1', encoding: 'base64', template: '{url}{form}' },
    good: { headers: { ...FORM_TYPE, 'x-twilio-signature': twilioForm }, text: FORM },
    bad: [
      { headers: { ...FORM_TYPE, 'x-twilio-signature': twilioForm }, text: 'a=1&b=2' },
      { headers: { 'content-type': 'application/json', 'x-twilio-signature': twilioForm }, text: FORM },
    ],
  },
  'the hash of a body of JSON in the URL, as Twilio signs': {
    options: { header: 'X-Twilio-Signature', algorithm: 'sha1', encoding: 'base64', template: '{url}{form}' },
    good: {
      url: twilioJsonUrl,
      headers: { 'content-type': 'application/json', 'x-twilio-signature': hmac(twilioJsonUrl, 'sha1', 'base64') },
    },
    bad: [{ text: `${BODY} ` }, { url: URL, headers: { 'x-twilio-signature': hmac(URL, 'sha1', 'base64') } }],
  },
  'a list that semicolons part, as Paddle sends': {
    options: {
      header: 'Paddle-Signature',
      separator: ';',
      signatureKey: 'h1',
      timestampKey: 'ts',
      template: '{timestamp}:{body}',
    },
    good: { headers: { 'paddle-signature': `ts=${NOW_S};h1=${'0'.repeat(64)};h1=${hmac(`${NOW_S}:${BODY}`)}` } },
    bad: [{ now: NOW - 301_000 }, { now: NOW + 301_000 }],
  },
  'a prefix before each of several': {
    options: { header: 'X-Sig', separator: ',', entryPrefix: 'v1=' },
    good: { headers: { 'x-sig': `v0=00, v1=${hmac(BODY)}` } },
    bad: [{ headers: { 'x-sig': `v0=${hmac(BODY)}` } }, { headers: { 'x-sig': hmac(BODY) } }],
  },
  'a time of RFC 3339': {
    options: { ...timed, timestampUnit: 'rfc3339' },
    good: {
      headers: { 'x-sig': hmac(`2027-01-15T08:00:00.5Z.${BODY}`), 'x-time': '2027-01-15T08:00:00.5Z' },
    },
    bad: [
      { now: NOW - 301_000 },
      { now: NOW + 302_000 },
      { headers: { 'x-sig': hmac(`2027-01-15.${BODY}`), 'x-time': '2027-01-15' } },
      { headers: { 'x-sig': hmac(`${NOW_S}.${BODY}`), 'x-time': `${NOW_S}` } },
    ],
  },
  'the time in a field of the body, as Linear sends': {
    options: { header: 'Linear-Signature', timestampField: 'at', timestampUnit: 'ms', windowSeconds: 60 },
    good: { headers: { 'linear-signature': hmac(BODY) } },
    bad: [{ now: NOW + 61_000 }, { now: NOW - 61_000 }, { text: '{}', headers: { 'linear-signature': hmac('{}') } }],
  },
  'time and token of the body, as Mailgun signs': {
    options: { field: 'sig.value', template: '{field:sig.at}{field:sig.token}'.replace('}{', '}.{') },
    good: { text: JSON.stringify({ sig: { at: NOW_S, token: 't', value: hmac(`${NOW_S}.t`) } }) },
    bad: [{ text: JSON.stringify({ sig: { at: NOW_S, token: 'u', value: hmac(`${NOW_S}.t`) } }) }],
  },
  'a key in hex': {
    options: { header: 'X-Sig', keyEncoding: 'hex' },
    good: { secret: '616C706861', headers: { 'x-sig': hmac(BODY) } },
    bad: [{ secret: '616C7068' }],
  },
  'a key in base64': {
    options: { header: 'X-Sig', keyEncoding: 'base64', algorithm: 'sha512' },
    good: { secret: 'YWxwaGE=', headers: { 'x-sig': hmac(BODY, 'sha512') } },
    bad: [{ secret: 'YWxwaGI=' }],
  },
  'Ed25519, as Discord signs': {
    options: {
      header: 'X-Signature-Ed25519',
      timestampHeader: 'X-Signature-Timestamp',
      template: '{timestamp}{body}',
      algorithm: 'ed25519',
      encoding: 'hex',
    },
    good: {
      secret: rawEd25519('hex'),
      headers: { 'x-signature-ed25519': edSignature, 'x-signature-timestamp': `${NOW_S}` },
    },
    bad: [
      { text: `${BODY} ` },
      { secret: pem(generateKeyPairSync('ed25519').publicKey) },
      { headers: { 'x-signature-ed25519': edSignature.slice(2), 'x-signature-timestamp': `${NOW_S}` } },
    ],
  },
  'ECDSA, as SendGrid signs': {
    options: { header: 'X-Sig', timestampHeader: 'X-Time', template: '{timestamp}{body}', algorithm: 'ecdsa-p256' },
    good: { secret: der(p256.publicKey), headers: { 'x-sig': p256Signature, 'x-time': `${NOW_S}` } },
    bad: [{ text: `${BODY} ` }, { headers: { 'x-sig': 'AAAA', 'x-time': `${NOW_S}` } }],
  },
  'ECDSA in two numbers': {
    options: { header: 'X-Sig', algorithm: 'ecdsa-p256' },
    good: { secret: pem(p256.publicKey).replaceAll('\n', '\\n'), headers: { 'x-sig': p1363 } },
    bad: [{ text: `${BODY} ` }],
  },
  RSA: {
    options: { header: 'X-Sig', algorithm: 'rsa-sha256' },
    good: {
      secret: pem(rsa.publicKey),
      headers: { 'x-sig': sign('sha256', Buffer.from(BODY), rsa.privateKey).toString('base64') },
    },
    bad: [
      { text: `${BODY} ` },
      { headers: { 'x-sig': sign('sha1', Buffer.from(BODY), rsa.privateKey).toString('base64') } },
    ],
  },
};

describe('the language of senders verifies', () => {
  for (const [what, { options, good, bad = [] }] of Object.entries(ROWS)) {
    test(what, () => {
      const verdict = judge(options, good);
      assert.equal(verdict.ok, true, JSON.stringify(verdict));
      for (const [index, change] of bad.entries()) {
        assert.equal(judge(options, { ...good, ...change }).ok, false, `bad ${index}`);
      }
      assert.equal(judge(options, { ...good, headers: {}, url: 'http://h/', text: '' }).ok, false, 'nothing at all');
    });
  }
});

test("Twilio's own library agrees on forms and on bodies of JSON", () => {
  const params = { b: '2', a: ['1', '0'], c: 'ü ' };
  assert.equal(twilio.validateRequest('alpha', twilioForm, URL, params), true);
  const signature = hmac(twilioJsonUrl, 'sha1', 'base64');
  assert.equal(twilio.validateRequestWithBody('alpha', signature, twilioJsonUrl, BODY), true);
});

test('a header of 3,000 signatures costs one signature', () => {
  const scheme = createSigningScheme({ header: 'X-Sig', separator: ',' });
  const headers = { 'x-sig': Array.from({ length: 3000 }, () => '0'.repeat(64)).join(',') };
  const request = { headers, body: Buffer.from(BODY), secrets: ['alpha'], now: NOW };
  const began = performance.now();
  for (let round = 0; round < 100; round += 1) assert.equal(scheme.verify(request).ok, false);
  assert.ok((performance.now() - began) / 100 < 5, 'it took 22 ms when each was compared by digests');
});

describe('a setting that can never verify is refused at start:', () => {
  const options: [SigningOptions, RegExp][] = [
    [{ header: 'X-Sig', query: 'sig' }, /one of header, query/],
    [{ authorization: 'basic' }, /set algorithm to plain/],
    [{ header: 'X-Sig', algorithm: 'plain', template: '{body}' }, /nothing is signed/],
    [{ header: 'X-Sig', algorithm: 'ed25519', keyEncoding: 'hex' }, /keyEncoding is for an HMAC/],
    [{ header: 'X-Sig', timestampUnit: 'ms' }, /timestampUnit needs/],
    [{ header: 'X-Sig', timestampField: 'at', template: '{form}' }, /needs \{body\}/],
    [{ header: 'X-Sig', entryPrefix: 'v1=' }, /set separator too/],
    [{ header: 'X-Sig', template: '{query:a}{body}' }, /must have text between/],
    [{ header: 'X-Sig', template: '{method}' }, /must contain \{body\}/],
  ];
  for (const [given, expected] of options)
    test(JSON.stringify(given), () => {
      assert.throws(() => createSigningScheme(given), { name: 'TypeError', message: expected });
    });
  const secrets: [SigningOptions, string, RegExp][] = [
    [{ header: 'X-Sig', keyEncoding: 'hex' }, 'alpha', /is not hex/],
    [{ header: 'X-Sig', keyEncoding: 'base64' }, '%', /is not base64/],
    [{ authorization: 'basic', algorithm: 'plain' }, 'password', /user:password/],
    [{ header: 'X-Sig', algorithm: 'ed25519' }, pem(rsa.publicKey), /must be an Ed25519 public key/],
    [{ header: 'X-Sig', algorithm: 'ed25519' }, '0'.repeat(64), /must be an Ed25519 public key/],
    [{ header: 'X-Sig', algorithm: 'ecdsa-p256' }, rawEd25519('base64'), /must be an ECDSA P-256/],
    [
      { header: 'X-Sig', algorithm: 'rsa-sha256' },
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      /2048 bits/,
    ],
    [
      { header: 'X-Sig', algorithm: 'rsa-sha256' },
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /is a private key/,
    ],
  ];
  for (const [given, secret, expected] of secrets)
    test(`${JSON.stringify(given)} with another kind of secret`, () => {
      assert.match(createSigningScheme(given).findSecretFault(secret) ?? '', expected);
    });
});

test('HMAC-SHA1 must be named, and is warned of', () => {
  const warned = createSigningScheme({ header: 'X-Sig', algorithm: 'sha1' }).warning;
  assert.match(warned ?? '', /HMAC-SHA1, which is obsolete/);
  assert.equal(createSigningScheme({ header: 'X-Sig' }).warning, undefined);
});
