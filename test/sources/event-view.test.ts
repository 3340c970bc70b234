import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecretHeader, pickHeaders } from '../../src/sources/event-view.ts';

test('templates see the headers that are listed, and none that is there twice', () => {
  const headers = { 'x-a': ['1'], 'x-b': ['1', '2'], 'x-c': ['3'], 'x-empty': [''] };
  assert.deepEqual(pickHeaders(headers, ['x-a', 'x-b', 'x-d', 'x-empty', '__proto__', 'constructor']), {
    'x-a': '1',
    'x-empty': '',
  });
});

test('a header that carries a secret is known by its name', () => {
  for (const name of ['Authorization', 'Proxy-Authorization', 'Cookie', 'X-Gitlab-Token', 'X-Api-Key', 'X-ApiKey']) {
    assert.equal(isSecretHeader(name), true, name);
  }
  for (const name of [
    'X-Auth',
    'X-Hub-Signature-256',
    'X-Shopify-Hmac-SHA256',
    'webhook-signature',
    'X-Amz-Security-Token',
  ]) {
    assert.equal(isSecretHeader(name), true, name);
  }
  for (const name of ['X-GitHub-Event', 'Idempotency-Key', 'webhook-id', 'X-Author-Name', 'X-Shopify-Topic']) {
    assert.equal(isSecretHeader(name), false, name);
  }
});
