import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeConfig } from '../../src/config/describe-config.ts';
import { load, refusal, SECRET } from './load.ts';

const CLIENT = `clients: [{ id: ci, webhook_secret: ${SECRET}`;
/** Published by Svix, with the public key `whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=`. */
const PRIVATE_KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

describe('callbacks', () => {
  test('stop at 410 and go to 50 at once of a host, unless told otherwise', () => {
    const { stopStatuses, perHost, deadLetterWebhook } = load().config.callback;
    assert.deepEqual([stopStatuses, perHost, deadLetterWebhook], [[410], 50, undefined]);
    const yaml = `${CLIENT} }]\ncallback: { stop_statuses: [404, 410], per_host: 3 }`;
    const told = load({ yaml }).config.callback;
    assert.deepEqual([told.stopStatuses, told.perHost], [[404, 410], 3]);
    assert.deepEqual(load({ yaml: `${CLIENT} }]\ncallback: { stop_statuses: [] }` }).config.callback.stopStatuses, []);
  });

  test('that are dead are told to an address, whose path is kept out of every log', () => {
    const env = {
      GARUDUST_WEBHOOK_SECRET: SECRET,
      CALLBACK_DEAD_LETTER_WEBHOOK: 'http://10.0.0.7:9000/services/hunter2?key=hunter2',
      CALLBACK_DEAD_LETTER_SECRET: PRIVATE_KEY,
    };
    const loaded = load({ env });
    assert.equal(loaded.config.callback.deadLetterWebhook, env.CALLBACK_DEAD_LETTER_WEBHOOK);
    assert.deepEqual(loaded.config.callback.deadLetterSecret, [PRIVATE_KEY]);
    const shown = JSON.stringify(describeConfig(loaded));
    assert.match(shown, /http:\/\/10\.0\.0\.7:9000\/…/);
    assert.doesNotMatch(shown, /hunter2|6Xb/);
  });

  test('go through a proxy where one is named, whose password is kept out of every log', () => {
    assert.equal(load().config.callback.proxy, undefined);
    const env = { GARUDUST_WEBHOOK_SECRET: SECRET, CALLBACK_PROXY: 'http://me:hunter2@proxy.internal:3128' };
    const loaded = load({ env });
    assert.equal(loaded.config.callback.proxy, `${env.CALLBACK_PROXY}/`);
    const shown = JSON.stringify(describeConfig(loaded));
    assert.match(shown, /http:\/\/proxy\.internal:3128 with credentials/);
    assert.doesNotMatch(shown, /hunter2/);
    for (const value of ['proxy.internal:3128', 'socks5://hunter2@h:1080', 'http://h/hunter2']) {
      const [line] = refusal({ env: { ...env, CALLBACK_PROXY: value } });
      assert.match(line ?? '', /^callback\.proxy .*is not a proxy URL: write it as http:\/\/proxy\.internal:3128/);
      assert.doesNotMatch(line ?? '', /hunter2/);
    }
  });

  test('are signed by a private key where the client has one', () => {
    const { config } = load({ yaml: `${CLIENT}, callback_secret: [${PRIVATE_KEY}, a-shared-secret] }]` });
    assert.deepEqual(config.clients[0]?.callbackSecret, [PRIVATE_KEY, 'a-shared-secret']);
  });

  const BAD: readonly (readonly [string, string, RegExp])[] = [
    ['a status that takes the callback', '[200]', /HTTP status: write a whole number from 300 to 599/],
    ['no status', '[gone]', /HTTP status/],
  ];
  for (const [what, value, words] of BAD) {
    test(`do not stop at ${what}`, () => {
      const [line] = refusal({ yaml: `${CLIENT} }]\ncallback: { stop_statuses: ${value} }` });
      assert.match(line ?? '', words);
    });
  }

  test('are not signed by half a private key, nor by a public one, and neither verifies a delivery', () => {
    const half = PRIVATE_KEY.slice(0, 49);
    const lines = [
      ...refusal({ yaml: `${CLIENT}, callback_secret: "${half}" }]` }),
      ...refusal({ yaml: `${CLIENT}, callback_secret: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=" }]` }),
      ...refusal({ yaml: `clients: [{ id: ci, webhook_secret: "${PRIVATE_KEY}" }]` }),
    ];
    assert.match(
      lines[0] ?? '',
      /^clients\[0\]\.callback_secret .*starts with whsk_, but the rest is not 64 bytes in base64/,
    );
    assert.match(lines[1] ?? '', /^clients\[0\]\.callback_secret .*is a key of a key pair/);
    assert.match(lines[2] ?? '', /^clients\[0\]\.webhook_secret .*is a key of a key pair/);
    assert.doesNotMatch(lines.join('\n'), /6Xb|1SiA/);
  });

  test('that are dead are not signed by a secret that can be guessed', () => {
    const [line] = refusal({ yaml: `${CLIENT} }]\ncallback: { dead_letter_secret: short }` });
    assert.match(line ?? '', /^callback\.dead_letter_secret .*shorter than 8 characters/);
  });

  test('are told to no address with credentials, and to nothing but HTTP', () => {
    for (const [value, words] of [
      ['ftp://h/', /is not an http\(s\) URL/],
      ['https://u:hunter2@h/', /contains credentials/],
    ] as const) {
      const [line] = refusal({ yaml: `${CLIENT} }]\ncallback: { dead_letter_webhook: "${value}" }` });
      assert.match(line ?? '', words);
      assert.doesNotMatch(line ?? '', /hunter2/);
    }
  });
});
