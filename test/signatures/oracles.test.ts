import { sign as signByOctokit, verify as verifyByOctokit } from '@octokit/webhooks-methods';
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { signGithub } from '../../src/signatures/sign-request.ts';
import { signStandardWebhook, standardWebhooks } from '../../src/signatures/standard-webhooks.ts';
import { ed25519PrivateKey } from './ed25519-private-key.ts';

const { github, stripe } = SCHEMES;

// The libraries take the body as text.
const someBody = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
const someText = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '');
const someKey = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const someId = fc.stringMatching(/^[!-~]{1,40}$/).filter((id) => !/\.\d{9}/.test(id));

/** Bodies and secrets that a library would encode in its own way. */
function isWellFormed(...texts: string[]): boolean {
  return texts.every((text) => text.isWellFormed());
}

test('GitHub: octokit accepts what is signed here, and the other way round', async () => {
  await fc.assert(
    fc.asyncProperty(someText, someText, someBody, async (secret, other, body) => {
      fc.pre(isWellFormed(secret, other, body));
      const signature = signGithub(secret, body);
      assert.equal(await signByOctokit(secret, body), signature);
      assert.equal(await verifyByOctokit(secret, body, signature), true);
      const verify = (secrets: string[]) =>
        github.verify({ headers: { 'x-hub-signature-256': signature }, body: Buffer.from(body), secrets, now: 0 }).ok;
      assert.equal(verify([secret]), true);
      assert.equal(verify([other]), await verifyByOctokit(other, body, signature));
    }),
  );
});

test('Standard Webhooks: the library accepts what is signed here, and the other way round', () => {
  fc.assert(
    fc.property(someKey, someId, someBody, (key, id, body) => {
      fc.pre(isWellFormed(body));
      const secret = `whsec_${key.toString('base64')}`;
      const now = Date.now();
      const timestamp = Math.floor(now / 1000);
      const library = new Webhook(secret);
      const headers = signStandardWebhook({ secrets: ['rotated away', secret], id, timestamp, body });
      library.verify(body, headers, { jsonParse: false });
      const byLibrary = { ...headers, 'webhook-signature': library.sign(id, new Date(now), body) };
      const verdict = standardWebhooks.verify({
        headers: byLibrary,
        body: Buffer.from(body),
        secrets: ['other', secret],
        now,
      });
      assert.deepEqual(verdict, { ok: true, deliveryId: id });
    }),
  );
});

test('Standard Webhooks: a secret without whsec_ is what the library calls raw', () => {
  fc.assert(
    fc.property(someText, someId, someBody, (secret, id, body) => {
      fc.pre(isWellFormed(secret, body) && !secret.startsWith('wh'));
      const now = Date.now();
      const headers = signStandardWebhook({ secrets: [secret], id, timestamp: Math.floor(now / 1000), body });
      new Webhook(Buffer.from(secret), { format: 'raw' }).verify(body, headers, { jsonParse: false });
    }),
  );
});

test('Standard Webhooks: both tell the same about a signature header of arbitrary entries', () => {
  const secret = `whsec_${Buffer.from('alpha').toString('base64')}`;
  const now = Date.now();
  const timestamp = Math.floor(now / 1000);
  const signed = signStandardWebhook({ secrets: [secret], id: 'a', timestamp, body: 'x' });
  const good = signed['webhook-signature'];
  const some = fc.oneof(fc.constant(good), fc.constantFrom('v1,', 'v1', ',', 'v2,x', good.slice(0, 11), `${good}x`));
  fc.assert(
    fc.property(fc.array(some, { maxLength: 5 }), (entries) => {
      const headers = { ...signed, 'webhook-signature': entries.join(' ') };
      const isTaken = (() => {
        try {
          new Webhook(secret).verify('x', headers, { jsonParse: false });
          return true;
        } catch {
          return false;
        }
      })();
      const verdict = standardWebhooks.verify({ headers, body: Buffer.from('x'), secrets: [secret], now });
      assert.equal(verdict.ok, isTaken);
    }),
  );
});

test('Standard Webhooks, Ed25519: Web Crypto accepts what is signed here, and the other way round', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), someId, someBody, async (seed, id, body) => {
      fc.pre(isWellFormed(body));
      const { key, publicBytes } = ed25519PrivateKey(seed);
      const privateKey = await crypto.subtle.importKey(
        'pkcs8',
        key.export({ format: 'der', type: 'pkcs8' }),
        'Ed25519',
        false,
        ['sign'],
      );
      const publicKey = await crypto.subtle.importKey('raw', publicBytes, 'Ed25519', false, ['verify']);
      const content = Buffer.from(`${id}.1800000000.${body}`);

      const whsk = `whsk_${Buffer.concat([seed, publicBytes]).toString('base64')}`;
      const headers = signStandardWebhook({ secrets: [whsk], id, timestamp: 1_800_000_000, body });
      const ours = Buffer.from(headers['webhook-signature'].replace(/^v1a,/, ''), 'base64');
      assert.equal(await crypto.subtle.verify('Ed25519', publicKey, ours, content), true);

      const theirs = Buffer.from(await crypto.subtle.sign('Ed25519', privateKey, content)).toString('base64');
      const verdict = standardWebhooks.verify({
        headers: { ...headers, 'webhook-signature': `v1a,${theirs}` },
        body: Buffer.from(body),
        secrets: [`whpk_${publicBytes.toString('base64')}`],
        now: 1_800_000_000_000,
      });
      assert.deepEqual(verdict, { ok: true, deliveryId: id });
    }),
    { numRuns: 50 },
  );
});

test('Stripe: what the library signs holds, and not by another secret', () => {
  fc.assert(
    fc.property(someText, someText, someBody, fc.integer({ min: 1, max: 2 ** 33 }), (secret, other, body, timeS) => {
      fc.pre(isWellFormed(secret, other, body) && secret !== other && !/^wh[ps]k_/.test(secret));
      const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: timeS });
      const verify = (secrets: string[]) =>
        stripe.verify({
          headers: { 'stripe-signature': header },
          body: Buffer.from(body),
          secrets,
          now: timeS * 1000,
        });
      assert.equal(verify([other, secret]).ok, true);
      assert.deepEqual(verify([other]), { ok: false, reason: 'signature_invalid' });
    }),
  );
});

test('Stripe: the delivery id is the id of the event', () => {
  const payload = JSON.stringify({ id: 'evt_1NG8Du2eZvKYlo2CUI79vXWy', object: 'event' });
  const secret = 'whsec_test';
  const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: 1_800_000_000 });
  const request = { headers: { 'stripe-signature': header }, body: Buffer.from(payload), secrets: [secret] };
  assert.deepEqual(stripe.verify({ ...request, now: 1_800_000_000_000 }), {
    ok: true,
    deliveryId: 'evt_1NG8Du2eZvKYlo2CUI79vXWy',
  });
});
