import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { load, refusal, SECRET, temporaryFolder } from './load.ts';

const dev = { mode: 'dev', env: {} } as const;

describe('dev', () => {
  test('stays on loopback, permits callbacks to it, logs to be read and keeps a journal', (t) => {
    const cwd = temporaryFolder(t);
    const { config } = load({ ...dev, cwd });
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.adminHost, '127.0.0.1');
    assert.deepEqual(config.callback.permitNetworks, ['127.0.0.0/8', '::1/128']);
    assert.equal(config.log.format, 'pretty');
    assert.equal(config.worker.journalDir, join(cwd, '.garudust-temporal/journal'));
  });

  test('production does none of it', () => {
    const { config, generated } = load();
    assert.equal(config.host, '0.0.0.0');
    assert.equal(config.adminHost, '0.0.0.0');
    assert.deepEqual(config.callback.permitNetworks, []);
    assert.equal(config.log.format, 'json');
    assert.equal(config.worker.journalDir, undefined);
    assert.equal(config.clients[0]?.apiKey, undefined);
    assert.deepEqual(generated, []);
  });

  test('makes up a secret and a key, and tells them', () => {
    const { config, generated } = load(dev);
    const [client] = config.clients;
    assert.match(client?.webhookSecret[0] ?? '', /^whsec_[\w+/]{32}$/);
    assert.match(client?.apiKey?.[0] ?? '', /^[0-9a-f]{40}$/);
    assert.notEqual(client?.webhookSecret[0], client?.apiKey?.[0]);
    assert.deepEqual(generated, [
      { client: 'default', webhookSecret: client?.webhookSecret[0], apiKey: client?.apiKey?.[0] },
    ]);
    assert.notDeepEqual(load(dev).generated, generated);
  });

  test('makes up only what a client lacks', () => {
    const yaml = `clients: [{ id: a, webhook_secret: ${SECRET} }, { id: b, api_key: key-number-1 }, { id: c, webhook_secret: ${SECRET}c, api_key: key-number-2 }]`;
    const { config, generated } = load({ ...dev, yaml });
    assert.deepEqual(
      generated.map((made) => Object.keys(made)),
      [
        ['client', 'apiKey'],
        ['client', 'webhookSecret'],
      ],
    );
    assert.deepEqual(config.clients[0]?.webhookSecret, [SECRET]);
    assert.deepEqual(config.clients[1]?.apiKey, ['key-number-1']);
  });

  test('takes a weak secret, and warns', () => {
    const { warnings } = load({ mode: 'dev', env: { GARUDUST_WEBHOOK_SECRET: 'abc' } });
    assert.deepEqual(warnings, ['Client "default" has a secret shorter than 8 characters: production refuses it.']);
  });

  test('still refuses what is wrong', () => {
    assert.match(refusal({ mode: 'dev', env: { GARUDUST_WEBHOOK_SECRET: ',' } }).join(), /the value is empty/);
    assert.match(refusal({ mode: 'dev', env: {}, yaml: 'clients: []' }).join(), /clients .*is empty/);
  });

  test('warns of a key for a Garudust that is not asked', () => {
    assert.match(
      load({ mode: 'dev', env: { GARUDUST_API_KEY: 'agent-key' } }).warnings.join(),
      /^GARUDUST_API_KEY is ignored/,
    );
  });
});

describe('what dev makes up', () => {
  test('is the same after a restart when it has a file, which its owner alone can read', (t) => {
    const devSecretsFile = join(temporaryFolder(t), 'state', 'dev-secrets.json');
    const first = load({ ...dev, devSecretsFile });
    assert.deepEqual(load({ ...dev, devSecretsFile }).generated, first.generated);
    assert.equal(statSync(devSecretsFile).mode & 0o777, 0o600);
    assert.deepEqual(first.warnings, []);
  });

  test('is kept for each client, beside what is kept already', (t) => {
    const devSecretsFile = join(temporaryFolder(t), 'dev-secrets.json');
    const alone = load({ ...dev, devSecretsFile }).generated[0];
    const yaml = `clients: [{ id: a }, { id: default, webhook_secret: ${SECRET} }]`;
    const both = load({ ...dev, yaml, devSecretsFile }).generated;
    assert.equal(both[1]?.apiKey, alone?.apiKey);
    assert.deepEqual(load({ ...dev, devSecretsFile }).generated[0], alone);
    assert.deepEqual(load({ ...dev, yaml, devSecretsFile }).generated, both);
  });

  test('is made anew, with a warning, when the file is broken', (t) => {
    const devSecretsFile = join(temporaryFolder(t), 'dev-secrets.json');
    writeFileSync(devSecretsFile, '{"default": {"webhookSecret": "half a sec');
    const { generated, warnings } = load({ ...dev, devSecretsFile });
    assert.equal(generated.length, 1);
    assert.match(warnings.join(), /dev-secrets\.json contains no readable secrets/);
    assert.ok(!warnings.join().includes('half a sec'));
    const again = load({ ...dev, devSecretsFile });
    assert.deepEqual([again.generated, again.warnings], [generated, []]);
    assert.ok(readFileSync(devSecretsFile, 'utf8').includes(generated[0]?.apiKey ?? '?'));
  });

  test('is used all the same, with a warning, when the file can not be written', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'file'), '');
    chmodSync(folder, 0o700);
    const { generated, warnings } = load({ ...dev, devSecretsFile: join(folder, 'file', 'dev-secrets.json') });
    assert.equal(generated.length, 1);
    assert.match(warnings.join(), /can't be written \(\w+\); the next start generates new secrets/);
  });
});
