import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantTimeEqual } from '../../src/signatures/scheme.ts';
import { isSchemeName, SCHEMES } from '../../src/signatures/schemes.ts';

test('schemes go by name, and by no other', () => {
  for (const name of Object.keys(SCHEMES)) assert.equal(isSchemeName(name), true, name);
  for (const name of ['', 'GitHub', 'toString', '__proto__', 'generic']) assert.equal(isSchemeName(name), false, name);
});

test('ids that a signature does not cover are told', () => {
  const unsigned = Object.entries(SCHEMES).map(([name, scheme]) => [name, scheme.unsignedIdHeaders]);
  assert.deepEqual(Object.fromEntries(unsigned), {
    bearer: [],
    github: ['x-github-delivery'],
    gitlab: [],
    'gitlab-token': ['idempotency-key'],
    shopify: ['x-shopify-webhook-id', 'shopify-webhook-id'],
    slack: [],
    'standard-webhooks': [],
    stripe: [],
    svix: [],
  });
});

test('a GitLab token of any characters is compared as its bytes', () => {
  const verify = (token: string, secret: string) =>
    SCHEMES['gitlab-token'].verify({
      headers: { 'x-gitlab-token': token },
      body: Buffer.from(''),
      secrets: [secret],
      now: 0,
    }).ok;
  assert.equal(verify(Buffer.from('Grüße').toString('latin1'), 'Grüße'), true);
  assert.equal(verify('\u2665', 'e'), false, 'Latin-1 would cut it to an e');
  assert.equal(verify('', ''), false);
});

test('a bearer token is taken whole, by any case of its scheme', () => {
  const verify = (authorization: string, ...secrets: string[]) =>
    SCHEMES.bearer.verify({ headers: { authorization }, body: Buffer.from(''), secrets, now: 0 });
  for (const good of ['Bearer alpha', 'bearer alpha', 'BEARER  alpha']) assert.equal(verify(good, 'alpha').ok, true);
  for (const bad of [
    'Bearer alph',
    'Bearer alphaa',
    'Bearer Alpha',
    'alpha',
    'Basic alpha',
    'Bearer ',
    'Bearer a lpha',
  ])
    assert.deepEqual(verify(bad, 'alpha'), { ok: false, reason: 'signature_invalid' }, bad);
  assert.equal(verify('Bearer beta', 'alpha', 'beta').ok, true, 'while rotating');
  for (const unusable of ['', ' ', 'two words', 'whpk_AAAA', 'Grüße']) {
    assert.match(SCHEMES.bearer.findSecretFault(unusable) ?? '', /visible ASCII/, unusable);
  }
  assert.equal(SCHEMES.bearer.findSecretFault('alpha'), undefined);
});

test('texts and bytes are equal in all characters or not at all', () => {
  assert.equal(constantTimeEqual('abc', 'abc'), true);
  assert.equal(constantTimeEqual('é', Buffer.from('é')), true);
  for (const other of ['', 'ab', 'abcd', 'abd', 'ABC', 'abc\0']) assert.equal(constantTimeEqual('abc', other), false);
});
