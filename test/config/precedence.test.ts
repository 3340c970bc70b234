import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { listSettings } from '../../src/config/list-settings.ts';
import { load, refusal, SECRET, temporaryFolder } from './load.ts';

const CLIENTS = `clients: [{ id: ci, webhook_secret: ${SECRET} }]\n`;

describe('a setting comes from', () => {
  test('its default', () => {
    assert.equal(load().config.port, 8080);
  });

  test('the file, over the default', () => {
    assert.equal(load({ yaml: `${CLIENTS}port: 1001` }).config.port, 1001);
  });

  test('the environment, over the file', () => {
    const { config } = load({ yaml: `${CLIENTS}port: 1001`, env: { PORT: '1002' } });
    assert.equal(config.port, 1002);
  });

  test('a flag, over the environment', () => {
    const { config } = load({ yaml: `${CLIENTS}port: 1001`, env: { PORT: '1002' }, flags: { port: '1003' } });
    assert.equal(config.port, 1003);
  });

  test('the file, where the variable is empty', () => {
    assert.equal(load({ yaml: `${CLIENTS}port: 1001`, env: { PORT: '' } }).config.port, 1001);
  });

  test('its default, where the file has the key without a value', () => {
    const { config } = load({ yaml: `${CLIENTS}port:\nlimits:\nlog:\n  level:\n` });
    assert.equal(config.port, 8080);
    assert.equal(config.log.level, 'info');
    assert.equal(config.limits.body, 1_048_576);
  });

  test('a flag of several words', () => {
    assert.equal(load({ env: { GARUDUST_WEBHOOK_SECRET: SECRET }, flags: { adminPort: 1004 } }).config.adminPort, 1004);
  });
});

describe('the same holds for every setting that has a variable or a flag', () => {
  const yaml = `clients: [{ id: default, webhook_secret: from-the-file }]
agents:
  garudust: {}
  model: { type: model, model: m }
  callback: { type: callback, url: http://desk/tasks, completion_url: http://ingress, completion_secret: from-the-file }
`;
  for (const { path, env, flag } of listSettings()) {
    const place = path.join('.');
    // A value that no setting takes shows by its error where it was read from.
    const bad = '\u0000';
    if (env !== undefined) {
      test(`${place} reads ${env}`, () => {
        const lines = refusal({ yaml, env: { [env]: bad } });
        assert.equal(lines.length, 1);
        assert.ok(lines[0]?.includes(`(${env} in the environment)`), lines[0]);
      });
    }
    if (flag !== undefined) {
      test(`${place} reads ${flag}`, () => {
        const name = flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
        const lines = refusal({ yaml, flags: { [name]: bad }, env: env === undefined ? {} : { [env]: bad } });
        assert.equal(lines.length, 1);
        assert.ok(lines[0]?.includes(`(${flag})`), lines[0]);
      });
    }
  }
});

describe('the file is', () => {
  const named = (folder: string, name: string, port: number): string => {
    const path = join(folder, name);
    writeFileSync(path, `${CLIENTS}port: ${port}`);
    return path;
  };

  test('garudust-temporal.yaml in the working directory', (t) => {
    const folder = temporaryFolder(t);
    named(folder, 'garudust-temporal.yaml', 1);
    const loaded = load({ cwd: folder, env: {} });
    assert.equal(loaded.config.port, 1);
    assert.equal(loaded.file, 'garudust-temporal.yaml');
  });

  test('the one that GARUDUST_TEMPORAL_CONFIG names, over that', (t) => {
    const folder = temporaryFolder(t);
    named(folder, 'garudust-temporal.yaml', 1);
    const path = named(folder, 'other.yaml', 2);
    assert.equal(load({ cwd: folder, env: { GARUDUST_TEMPORAL_CONFIG: path } }).config.port, 2);
  });

  test('the one that --config names, over that, relative to the working directory', (t) => {
    const folder = temporaryFolder(t);
    const path = named(folder, 'other.yaml', 2);
    named(folder, 'third.yaml', 3);
    const input = { cwd: folder, env: { GARUDUST_TEMPORAL_CONFIG: path }, flags: { config: 'third.yaml' } };
    assert.equal(load(input).config.port, 3);
  });

  test('none, where none is there', () => {
    assert.equal(load().file, undefined);
  });
});
