import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOW_S, type Sample, SAMPLES } from './samples.ts';

function verify(sample: Sample, changed: { headers?: Sample['headers']; body?: Uint8Array; nowS?: number } = {}) {
  return sample.scheme.verify({
    headers: changed.headers ?? sample.headers,
    body: changed.body ?? Buffer.from(sample.body),
    secrets: [sample.secret],
    now: (changed.nowS ?? NOW_S) * 1000,
  });
}

/** Every text that differs from this one in one character, is cut somewhere, or has a character more. */
function* mutations(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    for (const other of ['A', 'b', '0', '1', '=', ',', '.', ' ', '\u00e9', '\ud83d'])
      // Hex of the other case is the same signature.
      if (other.toLowerCase() !== text[at]?.toLowerCase()) yield text.slice(0, at) + other + text.slice(at + 1);
    yield text.slice(0, at);
    yield text.slice(0, at) + text.slice(at + 1);
  }
  for (const more of ['0', '=', '\u00e9']) yield* [text + more, more + text];
}

for (const sample of SAMPLES) {
  describe(sample.name, () => {
    test('holds as it is', () => {
      assert.deepEqual(verify(sample), { ok: true, deliveryId: sample.deliveryId });
    });

    test('holds with any of several secrets, and with none of others', () => {
      const request = { headers: sample.headers, body: Buffer.from(sample.body), now: NOW_S * 1000 };
      const isOk = (secrets: string[]) => sample.scheme.verify({ ...request, secrets }).ok;
      assert.equal(isOk([sample.secret, 'other']), true);
      assert.equal(isOk(['other', '', 'whsec_!', 'whpk_!', 'whsk_!', sample.secret]), true);
      assert.equal(isOk(['other', `${sample.secret}A`]), false);
      assert.equal(isOk([]), false);
    });

    test('does not hold with any byte of the body changed, cut or added, where the body is covered', () => {
      if (!sample.coversBody) return assert.equal(verify(sample, { body: Buffer.from('other') }).ok, true);
      const body = Buffer.from(sample.body);
      for (let at = 0; at < body.length; at += 1) {
        const changed = Buffer.from(body);
        changed[at] = (body[at] ?? 0) ^ 1;
        assert.deepEqual(verify(sample, { body: changed }), { ok: false, reason: 'signature_invalid' }, `byte ${at}`);
        assert.equal(verify(sample, { body: body.subarray(0, at) }).ok, false, `cut at ${at}`);
      }
      assert.equal(verify(sample, { body: Buffer.concat([body, Buffer.from([0])]) }).ok, false);
    });

    for (const name of sample.signed) {
      test(`does not hold with ${name} changed anywhere`, () => {
        const value = sample.headers[name] ?? '';
        for (const other of mutations(value)) {
          const verdict = verify(sample, { headers: { ...sample.headers, [name]: other } });
          assert.equal(verdict.ok, false, JSON.stringify(other));
        }
      });

      test(`does not hold without ${name}, nor with it twice`, () => {
        const { [name]: value = '', ...rest } = sample.headers;
        const body = Buffer.from(sample.body);
        const request = { body, secrets: [sample.secret], now: NOW_S * 1000 };
        assert.equal(sample.scheme.verify({ ...request, headers: rest }).ok, false);
        assert.deepEqual(sample.scheme.verify({ ...request, headers: { ...rest, [name]: [value, value] } }), {
          ok: false,
          reason: 'signature_invalid',
        });
        assert.equal(sample.scheme.verify({ ...request, headers: { ...rest, [name]: [value] } }).ok, true);
      });
    }

    const hasTime = Object.values(sample.headers).some((value) => value.includes(String(NOW_S)));
    test('holds 300 s before and after its time, and no second longer; for ever where there is none', () => {
      if (!hasTime) return assert.equal(verify(sample, { nowS: 0 }).ok, true);
      for (const off of [-300, 300]) assert.equal(verify(sample, { nowS: NOW_S + off }).ok, true, `${off}`);
      assert.equal(verify(sample, { nowS: NOW_S + 300.999 }).ok, true);
      for (const off of [-301, -300.001, 301, Number.NaN, Infinity])
        assert.deepEqual(verify(sample, { nowS: NOW_S + off }), { ok: false, reason: 'timestamp_out_of_window' });
    });

    test('says that the signature is missing when nothing of it is there', () => {
      assert.deepEqual(verify(sample, { headers: { host: 'x' } }), { ok: false, reason: 'signature_missing' });
    });
  });
}
