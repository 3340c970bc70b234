import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { verifyRequest } from '../../src/signatures/verify-request.ts';
import { NOW_S, SAMPLES } from './samples.ts';

const REASONS = ['signature_missing', 'signature_invalid', 'timestamp_out_of_window'];

/** Fragments that parsers stumble over, beside arbitrary text. */
const someValue = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'v1,',
          'v1a,',
          'v0=',
          'sha256=',
          't=',
          `t=${NOW_S}`,
          'v1=',
          ',',
          ' ',
          '=',
          '.',
          '\0',
          '\n',
          '\ud800',
        ),
        fc.constantFrom('0'.repeat(64), 'A'.repeat(86) + '==', 'A'.repeat(43) + '=', String(NOW_S), '__proto__'),
        fc.string({ maxLength: 3 }),
      ),
      { maxLength: 8 },
    )
    .map((pieces) => pieces.join('')),
);
const someHeader = fc.option(fc.oneof(someValue, fc.array(someValue, { maxLength: 3 })), { nil: undefined });

for (const sample of SAMPLES) {
  test(`${sample.name}: no header makes it throw, and none is taken for a signature`, () => {
    const names = [...sample.signed, '__proto__', 'constructor'];
    const someHeaders = fc.record(Object.fromEntries(names.map((name) => [name, someHeader])), { requiredKeys: [] });
    const someSecrets = fc.array(fc.oneof(someValue, fc.constant(sample.secret)), { maxLength: 3 });
    fc.assert(
      fc.property(someHeaders, fc.uint8Array(), someSecrets, fc.double(), (forged, body, secrets, now) => {
        // Some headers stay good, so that the fuzz gets past them.
        for (const headers of [forged, { ...sample.headers, ...forged }]) {
          const request = { headers, body, secrets, now: body.length % 2 === 0 ? NOW_S * 1000 : now };
          for (const verdict of [sample.scheme.verify(request), verifyRequest(request)])
            if (sample.coversBody) assert.ok(!verdict.ok && REASONS.includes(verdict.reason));
        }
      }),
      { numRuns: 500 },
    );
  });

  test(`${sample.name}: no secret makes it throw`, () => {
    fc.assert(
      fc.property(someValue, fc.constantFrom('', 'whsec_', 'whpk_', 'whsk_'), (text, prefix) => {
        const secret = prefix + text;
        const request = { headers: sample.headers, body: Buffer.from(sample.body), secrets: [secret] };
        const verdict = sample.scheme.verify({ ...request, now: NOW_S * 1000 });
        assert.ok(!verdict.ok || secret === sample.secret);
        const fault = sample.scheme.findSecretFault(secret);
        if (fault !== undefined && text.length > 3) assert.ok(!fault.includes(text));
      }),
    );
  });
}

test('a header of thousands of entries is judged in a moment', () => {
  const [sample] = SAMPLES.filter(({ name }) => name.endsWith('Ed25519'));
  assert.ok(sample);
  const good = sample.headers['webhook-signature'] ?? '';
  const forged = `v1a,${'A'.repeat(86)}==`;
  const judge = (entries: string[]) =>
    sample.scheme.verify({
      headers: { ...sample.headers, 'webhook-signature': entries.join(' ') },
      body: Buffer.from(sample.body),
      secrets: [sample.secret],
      now: NOW_S * 1000,
    }).ok;
  assert.equal(judge([...Array<string>(3).fill(forged), good]), true);
  assert.equal(judge([...Array<string>(4).fill(forged), good]), false, 'the fifth is not looked at');
  assert.equal(judge([...Array<string>(63).fill('v1,A'), good]), true, 'other versions are skipped');
  assert.equal(judge([...Array<string>(64).fill('v1,A'), good]), false, 'the 65th entry is not looked at');
});

for (const [name, scheme, headersOf] of [
  ['Standard Webhooks', SCHEMES['standard-webhooks'], standardEntries],
  ['Stripe', SCHEMES.stripe, stripeEntries],
] as const) {
  test(`dozens of forged signatures cost ${name} little more than one`, (t) => {
    const cost = (entries: number): number => {
      const request = {
        headers: headersOf(entries),
        body: Buffer.from('{}'),
        secrets: ['secret-one'],
        now: NOW_S * 1000,
      };
      const verify = (): unknown =>
        assert.deepEqual(scheme.verify(request), { ok: false, reason: 'signature_invalid' });
      for (let warm = 0; warm < 500; warm += 1) verify();
      const before = process.cpuUsage();
      for (let time = 0; time < 3000; time += 1) verify();
      return process.cpuUsage(before).user;
    };
    const [one, many] = [cost(1), cost(64)];
    // A comparison that hashes both sides takes some 12 times as long.
    t.diagnostic(`${(many / one).toFixed(1)} times`);
    assert.ok(many < one * 6, `${Math.round(many / one)} times`);
  });
}

function standardEntries(count: number): Record<string, string> {
  const signature = `v1,${'A'.repeat(43)}= `.repeat(count).trim();
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(NOW_S), 'webhook-signature': signature };
}

function stripeEntries(count: number): Record<string, string> {
  return { 'stripe-signature': `t=${NOW_S}${`,v1=${'a'.repeat(64)}`.repeat(count - 1)},v1=${'b'.repeat(64)}` };
}
