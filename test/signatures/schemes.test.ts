import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantTimeEqual } from '../../src/signatures/constant-time.ts';
import { isSchemeName, SCHEMES } from '../../src/signatures/schemes.ts';

test('schemes go by name, and by no other', () => {
  for (const name of Object.keys(SCHEMES)) assert.equal(isSchemeName(name), true, name);
  for (const name of ['', 'GitHub', 'toString', '__proto__', 'generic']) assert.equal(isSchemeName(name), false, name);
});

test('ids that a signature does not cover are told', () => {
  const unsigned = Object.entries(SCHEMES).map(([name, scheme]) => [name, scheme.unsignedIdHeaders]);
  assert.deepEqual(Object.fromEntries(unsigned), {
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

test('texts and bytes are equal in all characters or not at all', () => {
  assert.equal(constantTimeEqual('abc', 'abc'), true);
  assert.equal(constantTimeEqual('é', Buffer.from('é')), true);
  for (const other of ['', 'ab', 'abcd', 'abd', 'ABC', 'abc\0']) assert.equal(constantTimeEqual('abc', other), false);
});
