import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { load, refusal, SECRET } from '../config/load.ts';
import { describeConfig } from '../../src/config/describe-config.ts';

const [A = '', B = ''] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64'));
const withKeys = (keys: string) => ({ env: { GARUDUST_WEBHOOK_SECRET: SECRET, PAYLOAD_KEYS: keys } });

describe('payloads.keys', () => {
  test('reads keys in their order, and shows their ids alone', () => {
    const loaded = load(withKeys(`k2:${A}, k1:${B}`));
    const { keys = [] } = loaded.config.payloads;
    assert.deepEqual(
      keys.map(({ id, key }) => [id, key.export().toString('base64')]),
      [
        ['k2', A],
        ['k1', B],
      ],
    );
    const shown = JSON.stringify([describeConfig(loaded), loaded.config]);
    assert.match(shown, /"payloads":\{"keys":\["k2","k1"\]/);
    for (const secret of [A, B]) assert.ok(!shown.includes(secret.slice(0, 8)));
    const listed = `clients: [{ id: a, webhook_secret: ${SECRET} }]\npayloads: { keys: ["k1:${A}"] }`;
    assert.equal(load({ yaml: listed }).config.payloads.keys?.length, 1);
  });

  test('is off without the setting', () => {
    assert.equal(load().config.payloads.keys, undefined);
  });

  test('says what is wrong without the key', () => {
    const rows: [string, RegExp][] = [
      [
        A,
        /PAYLOAD_KEYS in the environment\): the value is not a payload key: write an id .*echo k1:\$\(openssl rand -base64 32\)/,
      ],
      [`k1:${A.slice(0, 20)}`, /has no 32 bytes in base64 behind its id/],
      [`k1:${A}!`, /has no 32 bytes in base64 behind its id/],
      [`k1:`, /has no 32 bytes/],
      [`k1:${A},k1:${B}`, /entry 2 has the id of an earlier key/],
      [`k 1:${A}`, /is not a payload key/],
    ];
    for (const [keys, message] of rows) {
      const [line = ''] = refusal(withKeys(keys));
      assert.match(line, message);
      for (const secret of [A, B]) assert.ok(!line.includes(secret.slice(0, 8)), line);
    }
  });
});
