import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { findApiKey } from '../../src/cli/find-credentials.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { listSettings } from '../../src/config/list-settings.ts';
import { readTemporalSettings } from '../../src/stack/temporal-settings.ts';
import { load, refusal, SECRET, temporaryFolder } from './load.ts';

/** A folder with a mounted secret in each of its files. */
function mount(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): { folder: string; at: (name: string) => string } {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, at: (name) => join(folder, name) };
}

describe('a secret in a file', () => {
  test('is read without the newline that an editor adds', (t) => {
    const { folder, at } = mount(t, { hook: `${SECRET}\n`, key: 'the-key-of-the-tests\r\n' });
    const env = { GARUDUST_WEBHOOK_SECRET_FILE: at('hook'), RUNS_API_KEY_FILE: 'key' };
    const [client] = load({ cwd: folder, env }).config.clients;
    assert.deepEqual([client?.webhookSecret, client?.apiKey], [[SECRET], ['the-key-of-the-tests']]);
    assert.deepEqual(findApiKey({ env, cwd: folder }, 'https://agents.example.com')?.values, ['the-key-of-the-tests']);
  });

  test('may be any secret of the settings', (t) => {
    const names = listSettings().flatMap(({ secret, env }) => (secret === true && env !== undefined ? [env] : []));
    assert.ok(names.length > 5);
    for (const name of names) {
      const { at } = mount(t, { bad: '' });
      const env = { GARUDUST_WEBHOOK_SECRET: SECRET, GARUDUST_API_KEY: 'key-of-garudust', [name]: '' };
      const [line, ...more] = refusal({ env: { ...env, [`${name}_FILE`]: at('bad') } });
      assert.deepEqual([line, more], [`${name}_FILE names an empty file: write the secret into it.`, []], name);
    }
  });

  test('holds several by commas, as the variable does', (t) => {
    const { at } = mount(t, { hook: `${SECRET},the-next-secret` });
    const { config } = load({ env: { GARUDUST_WEBHOOK_SECRET_FILE: at('hook') } });
    assert.deepEqual(config.clients[0]?.webhookSecret, [SECRET, 'the-next-secret']);
  });

  test('can stand for a variable of the settings file', (t) => {
    const { at } = mount(t, { ci: 'the-secret-of-ci\n' });
    const yaml = 'clients: [{ id: ci, webhook_secret: "${CI_SECRET}" }]';
    const { config, warnings } = load({ yaml, env: { CI_SECRET_FILE: at('ci') } });
    assert.deepEqual(config.clients[0]?.webhookSecret, ['the-secret-of-ci']);
    assert.ok(!warnings.some((line) => line.includes('CI_SECRET')), warnings.join());
    assert.deepEqual(refusal({ yaml, env: { CI_SECRET_FILE: at('none') } }), [
      `clients[0].webhook_secret (garudust-temporal.yaml line 1): CI_SECRET_FILE names a file that can't be read (ENOENT): correct the path or its permissions.`,
    ]);
  });

  test('is refused beside the secret itself, in several lines, and where it cannot be read', (t) => {
    const { folder, at } = mount(t, { hook: SECRET, lines: `${SECRET}\nnext-secret` });
    mkdirSync(join(folder, 'sub'));
    const hook = 'GARUDUST_WEBHOOK_SECRET';
    const cases = [
      [{ [hook]: SECRET, [`${hook}_FILE`]: at('hook') }, `${hook} and ${hook}_FILE are both set: remove one of them.`],
      [
        { [`${hook}_FILE`]: at('lines') },
        `${hook}_FILE names a file with several lines: write one line, and split several secrets by commas.`,
      ],
      [
        { [`${hook}_FILE`]: at('sub') },
        `${hook}_FILE names a file that can't be read (EISDIR): correct the path or its permissions.`,
      ],
    ] as const;
    for (const [env, line] of cases) assert.deepEqual(refusal({ env }), [line]);
  });

  test('is shown in no error, whose line names the variable of the file', (t) => {
    const { at } = mount(t, { hook: 'whsec_not!base64' });
    const [line, ...more] = refusal({ env: { GARUDUST_WEBHOOK_SECRET_FILE: at('hook') } });
    assert.match(line ?? '', /^clients\[0\]\.webhook_secret \(GARUDUST_WEBHOOK_SECRET_FILE in the environment\): /);
    assert.doesNotMatch([line, ...more].join(), /not!/);
    const good = mount(t, { hook: SECRET });
    const loaded = load({ env: { GARUDUST_WEBHOOK_SECRET_FILE: good.at('hook') } });
    assert.ok(!JSON.stringify([describeConfig(loaded), loaded.warnings]).includes(SECRET));
  });
});

test("Temporal's API key may be in a file, too", (t) => {
  const { at } = mount(t, { key: 'key-of-temporal\n' });
  const { connectionOptions } = readTemporalSettings({ TEMPORAL_API_KEY_FILE: at('key') });
  assert.equal(connectionOptions.apiKey, 'key-of-temporal');
  const both = { TEMPORAL_API_KEY: 'x', TEMPORAL_API_KEY_FILE: at('key') };
  assert.throws(() => readTemporalSettings(both), { message: /are both set: remove one/ });
});
