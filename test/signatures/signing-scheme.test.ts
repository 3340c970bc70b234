import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import type { SigningOptions } from '../../src/signatures/signing-options.ts';
import { createSigningScheme } from '../../src/signatures/signing-scheme.ts';

const NOW_S = 1_800_000_000;
const BODY = '{"n":1,"key":"k-1","bad":"a b"}';

function hmac(algorithm: string, content: string, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHmac(algorithm, 'alpha').update(content).digest(encoding);
}

function verify(options: SigningOptions, headers: Record<string, string>) {
  const request = { headers, body: Buffer.from(BODY), secrets: ['alpha'], now: NOW_S * 1000 };
  return createSigningScheme(options).verify(request);
}

describe('a sender who signs', () => {
  const cases: [what: string, SigningOptions, Record<string, string>, deliveryId?: string][] = [
    ['the body', { header: 'X-Sig' }, { 'x-sig': hmac('sha256', BODY) }],
    ['by SHA-1, which must be named', { header: 'X-Sig', algorithm: 'sha1' }, { 'x-sig': hmac('sha1', BODY) }],
    ['by SHA-512', { header: 'X-Sig', algorithm: 'sha512' }, { 'x-sig': hmac('sha512', BODY) }],
    [
      'in base64',
      { header: 'X-Sig', algorithm: 'sha512', encoding: 'base64' },
      { 'x-sig': hmac('sha512', BODY, 'base64') },
    ],
    [
      'with two secrets, as Outpost does',
      { header: 'X-Outpost-Signature', prefix: 'v0=', separator: ',' },
      { 'x-outpost-signature': `v0=${'0'.repeat(64)},${hmac('sha256', BODY)}` },
    ],
    [
      'time and body with a comma, as Convoy does',
      { header: 'X-Convoy-Signature', signatureKey: 'v1', timestampKey: 't', template: '{timestamp},{body}' },
      { 'x-convoy-signature': `t=${NOW_S}, v1=${'0'.repeat(64)}, v1=${hmac('sha256', `${NOW_S},${BODY}`)}` },
    ],
    [
      'a list and the time in a header of its own',
      { header: 'X-Sig', signatureKey: 's', timestampHeader: 'X-Time', template: '{timestamp}{body}' },
      { 'x-sig': `s=${hmac('sha256', `${NOW_S}${BODY}`)}`, 'x-time': `${NOW_S}` },
    ],
    [
      'id, time and body',
      { header: 'X-Sig', timestampHeader: 'X-Time', idHeader: 'X-Id', template: '{id}.{timestamp}.{body}' },
      { 'x-sig': hmac('sha256', `d-1.${NOW_S}.${BODY}`), 'x-time': `${NOW_S}`, 'x-id': 'd-1' },
      'd-1',
    ],
    [
      'a header after the body',
      { header: 'X-Sig', template: '{body}|{header:X-Topic}' },
      { 'x-sig': hmac('sha256', `${BODY}|orders`), 'x-topic': 'orders' },
    ],
    [
      'a header of UTF-8 bytes',
      { header: 'X-Sig', template: '{header:X-Topic}|{body}' },
      { 'x-sig': hmac('sha256', `ä|${BODY}`), 'x-topic': Buffer.from('ä').toString('latin1') },
    ],
    ['a body with an id in it', { header: 'X-Sig', idField: 'key' }, { 'x-sig': hmac('sha256', BODY) }, 'k-1'],
    ['a body with no text as the id', { header: 'X-Sig', idField: 'n' }, { 'x-sig': hmac('sha256', BODY) }],
    ['a body with an id that could not be one', { header: 'X-Sig', idField: 'bad' }, { 'x-sig': hmac('sha256', BODY) }],
    ['a body without the id', { header: 'X-Sig', idField: 'toString' }, { 'x-sig': hmac('sha256', BODY) }],
    [
      'the body alone, with an id beside it',
      { header: 'X-Sig', idHeader: 'X-Id' },
      { 'x-sig': hmac('sha256', BODY), 'x-id': 'd-1' },
    ],
  ];
  for (const [what, options, headers, deliveryId] of cases)
    test(what, () => assert.deepEqual(verify(options, headers), { ok: true, deliveryId }));
});

describe('is refused as invalid:', () => {
  const timed = { header: 'X-Sig', timestampHeader: 'X-Time', template: '{timestamp}.{body}' };
  const cases: [what: string, SigningOptions, Record<string, string>][] = [
    ['another algorithm', { header: 'X-Sig' }, { 'x-sig': hmac('sha1', BODY) }],
    ['another encoding', { header: 'X-Sig' }, { 'x-sig': hmac('sha256', BODY, 'base64') }],
    ['two signatures where one is meant', { header: 'X-Sig' }, { 'x-sig': `${hmac('sha256', BODY)},00` }],
    ['no prefix', { header: 'X-Sig', prefix: 'v0=' }, { 'x-sig': hmac('sha256', BODY) }],
    ['a prefix of another case', { header: 'X-Sig', prefix: 'v0=' }, { 'x-sig': `V0=${hmac('sha256', BODY)}` }],
    ['no time', timed, { 'x-sig': hmac('sha256', `.${BODY}`) }],
    ['an empty time', timed, { 'x-sig': hmac('sha256', `.${BODY}`), 'x-time': '' }],
    [
      'no id though it is signed',
      { header: 'X-Sig', idHeader: 'X-Id', template: '{id}.{body}' },
      { 'x-sig': hmac('sha256', `.${BODY}`) },
    ],
    [
      'an id that holds the text after it',
      { header: 'X-Sig', idHeader: 'X-Id', template: '{id}.{body}' },
      { 'x-sig': hmac('sha256', `a.b.${BODY}`), 'x-id': 'a.b' },
    ],
    [
      'an empty header',
      { header: 'X-Sig', template: '{header:X-A}.{body}' },
      { 'x-sig': hmac('sha256', `.${BODY}`), 'x-a': '' },
    ],
    [
      'a header that Latin-1 would cut to an e',
      { header: 'X-Sig', template: '{header:X-A}.{body}' },
      { 'x-sig': hmac('sha256', `e.${BODY}`), 'x-a': '\u2665' },
    ],
    [
      'an id with a space',
      { header: 'X-Sig', idHeader: 'X-Id', template: '{id}.{body}' },
      { 'x-sig': hmac('sha256', `a b.${BODY}`), 'x-id': 'a b' },
    ],
    [
      'no header though it is signed',
      { header: 'X-Sig', template: '{header:Constructor}.{body}' },
      { 'x-sig': hmac('sha256', `.${BODY}`) },
    ],
  ];
  for (const [what, options, headers] of cases)
    test(what, () => assert.deepEqual(verify(options, headers), { ok: false, reason: 'signature_invalid' }));
});

test('the window is as wide as configured', () => {
  const options = { header: 'X-Sig', timestampHeader: 'X-Time', template: '{timestamp}.{body}', windowSeconds: 10 };
  const at = (timeS: number) => verify(options, { 'x-sig': hmac('sha256', `${timeS}.${BODY}`), 'x-time': `${timeS}` });
  for (const off of [-10, 10]) assert.equal(at(NOW_S + off).ok, true);
  for (const off of [-11, 11])
    assert.deepEqual(at(NOW_S + off), { ok: false, reason: 'timestamp_out_of_window' }, `${off}`);
});

test('an id that is not signed is named, so that it can be read as such', () => {
  assert.deepEqual(createSigningScheme({ header: 'X-Sig', idHeader: 'X-Id' }).unsignedIdHeaders, ['x-id']);
  const signed = createSigningScheme({ header: 'X-Sig', idHeader: 'X-Id', template: '{id}.{body}' });
  assert.deepEqual(signed.unsignedIdHeaders, []);
});

describe('options are refused at start:', () => {
  const cases: [object, RegExp][] = [
    [{}, /^header "undefined" must be the name of a header\.$/],
    [{ header: 'X Sig' }, /^header "X Sig"/],
    [{ header: 'X-Sig', idHeader: 'a:b' }, /^idHeader "a:b"/],
    [{ header: 'X-Sig', timestampHeader: '' }, /^timestampHeader ""/],
    [{ header: 'X-Sig', algorithm: 'md5' }, /^algorithm "md5" must be one of sha256, sha512, sha1, plain, /],
    [{ header: 'X-Sig', algorithm: 'toString' }, /^algorithm "toString"/],
    [{ header: 'X-Sig', encoding: 'base64url' }, /^encoding "base64url"/],
    [{ header: 'X-Sig', separator: '' }, /^separator ""/],
    [{ header: 'X-Sig', windowSeconds: 0 }, /^windowSeconds 0/],
    [{ header: 'X-Sig', windowSeconds: Infinity }, /^windowSeconds Infinity/],
    [{ header: 'X-Sig', windowSeconds: '5m' }, /^windowSeconds 5m/],
    [{ header: 'X-Sig', signatureKey: 'v1', prefix: 'v1=' }, /remove prefix/],
    [{ header: 'X-Sig', timestampKey: 't', template: '{timestamp}{body}' }, /set signatureKey too/],
    [{ header: 'X-Sig', signatureKey: 'v1', timestampKey: 't', timestampHeader: 'T' }, /not both/],
    [{ header: 'X-Sig', idHeader: 'X-Id', idField: 'id' }, /not both/],
    [{ header: 'X-Sig', timestampHeader: 'X-Time' }, /\{timestamp\} in the template/],
    [{ header: 'X-Sig', template: '{timestamp}.{body}' }, /timestampHeader or timestampKey/],
    [{ header: 'X-Sig', template: '{id}.{body}' }, /needs idHeader/],
    [{ header: 'X-Sig', template: '' }, /must contain \{body\} exactly once/],
    [{ header: 'X-Sig', template: '{body}.{body}' }, /must contain \{body\} exactly once/],
    [{ header: 'X-Sig', template: '{Body}' }, /has "\{Body\}", but the only/],
    [{ header: 'X-Sig', template: '{header:}.{body}' }, /has "\{header:\}"/],
    [{ header: 'X-Sig', template: '{body}}' }, /has "\}"/],
    [{ header: 'X-Sig', template: '{id}{body}', idHeader: 'X-Id' }, /must have text between/],
    [{ header: 'X-Sig', template: '{body}{header:X-A}' }, /must have text between/],
    [{ header: 'X-Sig', template: '{id}.{id}.{body}', idHeader: 'X-Id' }, /use each once/],
  ];
  for (const [options, expected] of cases)
    test(JSON.stringify(options), () => {
      assert.throws(() => createSigningScheme(options), { name: 'TypeError', message: expected });
    });
});
