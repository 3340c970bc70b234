import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signRequest } from '../../src/signatures/sign-request.ts';
import { verifyRequest } from '../../src/signatures/verify-request.ts';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';

const NOW_S = 1_800_000_000;
const BODY = '{"text":"Grüße"}';
const WHSEC = 'whsec_YWxwaGE=';
const PUBLIC_KEY = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
const PRIVATE_KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

function hub(secret: string) {
  return { 'x-hub-signature-256': hubHeaders(secret, BODY)['X-Hub-Signature-256'] ?? '' };
}

function trio(secret: string, timestampS = NOW_S) {
  return standardHeaders(secret, BODY, { timestampS });
}

function verify(headers: Record<string, string>, ...secrets: string[]) {
  return verifyRequest({ headers, body: Buffer.from(BODY), secrets, now: NOW_S * 1000 });
}

const INVALID = { ok: false, reason: 'signature_invalid' };

describe('a task', () => {
  test('without a signature is told so', () => {
    assert.deepEqual(verify({ 'idempotency-key': 'a' }, 'alpha'), { ok: false, reason: 'signature_missing' });
  });

  for (const secret of ['alpha', WHSEC, 'Grüße', 'whsec'])
    test(`signed by "${secret}" holds both ways and each way`, () => {
      assert.deepEqual(verify(hub(secret), 'other', secret), { ok: true, webhookId: undefined });
      assert.deepEqual(verify(trio(secret), 'other', secret), { ok: true, webhookId: 'msg_1' });
      assert.deepEqual(verify({ ...hub(secret), ...trio(secret) }, secret), { ok: true, webhookId: 'msg_1' });
    });

  test('signed both ways must hold both ways', () => {
    assert.deepEqual(verify({ ...hub('alpha'), ...trio('wrong') }, 'alpha'), INVALID);
    assert.deepEqual(verify({ ...hub('wrong'), ...trio('alpha') }, 'alpha'), INVALID);
    assert.deepEqual(verify({ ...hub('alpha'), ...trio('alpha', NOW_S - 301) }, 'alpha'), {
      ok: false,
      reason: 'timestamp_out_of_window',
    });
  });

  test('signed by two secrets of the same client holds', () => {
    assert.deepEqual(verify({ ...hub('old'), ...trio('new') }, 'new', 'old'), { ok: true, webhookId: 'msg_1' });
  });

  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
    test(`with ${name} alone, or without it, is refused though the other kind holds`, () => {
      const all = trio('alpha');
      const { [name]: value = '', ...rest } = all;
      assert.deepEqual(verify({ ...hub('alpha'), [name]: value }, 'alpha'), INVALID);
      assert.deepEqual(verify({ ...hub('alpha'), ...rest }, 'alpha'), INVALID);
      assert.deepEqual(verify({ ...hub('alpha'), ...all, [name]: '' }, 'alpha'), INVALID);
    });

  test('signed by the text of a public key is refused: everyone knows it', () => {
    assert.deepEqual(verify(hub(PUBLIC_KEY), PUBLIC_KEY), INVALID);
    const raw = standardHeaders(PUBLIC_KEY, BODY, { timestampS: NOW_S });
    assert.deepEqual(verify(raw, PUBLIC_KEY), INVALID);
    const decoded = standardHeaders(PUBLIC_KEY.replace('whpk_', 'whsec_'), BODY, { timestampS: NOW_S });
    assert.deepEqual(verify(decoded, PUBLIC_KEY), INVALID);
  });

  test('without any secret is refused, even when signed by the empty one', () => {
    assert.deepEqual(verify(hub('')), INVALID);
    assert.deepEqual(verify(hub(''), ''), INVALID);
    assert.deepEqual(verify(trio(''), ''), INVALID);
    assert.deepEqual(verify(trio('whsec_'), 'whsec_'), INVALID);
  });

  test('whose signed bytes were parted elsewhere, into id and body, is refused', () => {
    const body = `x.${NOW_S}.y`;
    const { 'webhook-signature': signature = '' } = standardHeaders('alpha', body, { id: 'a', timestampS: NOW_S - 9 });
    const headers = {
      'webhook-id': `a.${NOW_S - 9}.x`,
      'webhook-timestamp': String(NOW_S),
      'webhook-signature': signature,
    };
    const request = { headers, body: Buffer.from('y'), secrets: ['alpha'], now: NOW_S * 1000 };
    assert.deepEqual(verifyRequest(request), INVALID);
  });

  for (const id of ['deploy-1.2.3', 'a.b', 'x'.repeat(255)])
    test(`with the id ${id.slice(0, 20)} holds`, () => {
      const headers = standardHeaders('alpha', BODY, { id, timestampS: NOW_S });
      assert.deepEqual(verify(headers, 'alpha'), { ok: true, webhookId: id });
    });

  for (const id of ['', 'a b', 'é', 'a\n', 'x'.repeat(256)])
    test(`with the id ${JSON.stringify(id.slice(0, 20))} is refused`, () => {
      assert.deepEqual(verify(standardHeaders('alpha', BODY, { id, timestampS: NOW_S }), 'alpha'), INVALID);
    });
});

describe('signRequest', () => {
  const message = { id: 'run-1', timestamp: NOW_S, body: BODY };

  test('signs by every secret, so that a receiver with any one can check it', () => {
    const headers = signRequest({ ...message, secrets: ['old', WHSEC] });
    const { 'x-hub-signature-256': signature = '', ...standard } = headers;
    assert.deepEqual(verify(standard, 'old'), { ok: true, webhookId: 'run-1' });
    assert.deepEqual(verify(standard, WHSEC), { ok: true, webhookId: 'run-1' });
    assert.equal(standard['webhook-signature']?.split(' ').length, 2);
    assert.equal(signature, hub('old')['x-hub-signature-256']);
    assert.deepEqual(verify(headers, 'old'), { ok: true, webhookId: 'run-1' });
  });

  test('signs bytes and text alike', () => {
    const secrets = ['alpha'];
    assert.deepEqual(
      signRequest({ ...message, body: Buffer.from(BODY), secrets }),
      signRequest({ ...message, secrets }),
    );
  });

  test('leaves out X-Hub-Signature-256 when no secret is shared, and passes over public keys', () => {
    const headers = signRequest({ ...message, secrets: [PUBLIC_KEY, PRIVATE_KEY] });
    assert.deepEqual(Object.keys(headers), ['webhook-id', 'webhook-timestamp', 'webhook-signature']);
    assert.match(headers['webhook-signature'] ?? '', /^v1a,\S+$/);
    assert.deepEqual(verify(headers, PUBLIC_KEY), { ok: true, webhookId: 'run-1' });
    assert.deepEqual(verify(headers, PRIVATE_KEY), INVALID);
    const both = signRequest({ ...message, secrets: [PUBLIC_KEY, 'alpha'] });
    assert.deepEqual(verify(both, 'alpha'), { ok: true, webhookId: 'run-1' });
  });

  const bad: [string, Partial<Parameters<typeof signRequest>[0]>, RegExp][] = [
    ['no secret', { secrets: [] }, /No secret can sign/],
    ['a public key alone', { secrets: [PUBLIC_KEY] }, /No secret can sign/],
    ['an empty secret', { secrets: ['alpha', ''] }, /not blank/],
    ['no base64 after whsec_', { secrets: ['whsec_se-cret'] }, /base64 must follow/],
    ['an empty id', { id: '' }, /webhook-id ""/],
    ['a newline in the id', { id: 'a\r\nx: y' }, /visible ASCII/],
    ['a time between full stops in the id', { id: 'a.1614265330.b' }, /full stops/],
    ['a broken second', { timestamp: 1.5 }, /whole seconds/],
    ['milliseconds', { timestamp: NOW_S * 1000 }, /whole seconds/],
    ['no time', { timestamp: Number.NaN }, /whole seconds/],
    ['a time before the epoch', { timestamp: -1 }, /whole seconds/],
  ];
  for (const [what, changed, expected] of bad)
    test(`refuses ${what}, and never says a secret`, () => {
      assert.throws(
        () => signRequest({ ...message, secrets: ['alpha'], ...changed }),
        (error: Error) =>
          error instanceof TypeError && expected.test(error.message) && !/alpha|se-cret/.test(error.message),
      );
    });
});
