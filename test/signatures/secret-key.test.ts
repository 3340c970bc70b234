import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { readWebhookKey } from '../../src/signatures/secret-key.ts';
import { ed25519PrivateKey } from './ed25519-private-key.ts';

const SEED = Buffer.alloc(32, 7);
const PUBLIC_BYTES = ed25519PrivateKey(SEED).publicBytes;
const base64 = (...bytes: Buffer[]) => Buffer.concat(bytes).toString('base64');

const kinds: [secret: string, kind: string][] = [
  ['any text', 'symmetric'],
  ['whsec', 'symmetric'],
  ['WHSEC_!', 'symmetric'],
  ['whsec_YWxwaGE=', 'symmetric'],
  ['whsec_YWxwaGE', 'symmetric'],
  [`whpk_${base64(PUBLIC_BYTES)}`, 'public'],
  [`whsk_${base64(SEED, PUBLIC_BYTES)}`, 'private'],
  ['', 'unusable'],
  [' \n', 'unusable'],
  ['whsec_', 'unusable'],
  ['whsec_my-own-secret', 'unusable'],
  ['whsec_YWxwaGE= ', 'unusable'],
  ['whsec_YWxwaGF=', 'unusable'],
  [`whpk_${base64(PUBLIC_BYTES.subarray(1))}`, 'unusable'],
  [`whpk_${base64(Buffer.alloc(32))}`, 'unusable'],
  ['whpk_?', 'unusable'],
  [`whsk_${base64(SEED)}`, 'unusable'],
  [`whsk_${base64(SEED, Buffer.alloc(32, 1))}`, 'unusable'],
  [`whsk_${base64(SEED, PUBLIC_BYTES, PUBLIC_BYTES)}`, 'unusable'],
];

describe('a secret of Standard Webhooks', () => {
  for (const [secret, kind] of kinds)
    test(`${JSON.stringify(secret)} is ${kind}`, () => {
      const key = readWebhookKey(secret);
      assert.equal(key.kind, kind);
      const fault = SCHEMES['standard-webhooks'].findSecretFault(secret);
      assert.equal(fault !== undefined, kind === 'unusable' || kind === 'private');
      if (secret.length > 8) assert.ok(!fault?.includes(secret));
    });

  test('with whsec_ is the bytes of its base64', () => {
    const key = readWebhookKey('whsec_YWxwaGE=');
    assert.ok(key.kind === 'symmetric');
    assert.equal(Buffer.from(key.key).toString(), 'alpha');
  });
});

describe('a secret of the other schemes', () => {
  for (const name of ['github', 'stripe', 'slack', 'shopify', 'gitlab-token'] as const)
    test(`${name}: any text but a blank one or a key of a key pair`, () => {
      for (const good of ['a', 'whsec_my-own-secret', 'Grüße'])
        assert.equal(SCHEMES[name].findSecretFault(good), undefined);
      for (const bad of ['', ' ', 'whpk_x', 'whsk_x'])
        assert.match(SCHEMES[name].findSecretFault(bad) ?? '', /not blank/);
    });
});
