import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { applyLayers } from '../../src/config/layers.ts';
import { listSettings, type Setting } from '../../src/config/list-settings.ts';
import { load, refusal, SECRET } from './load.ts';

const GOOD = {
  clients: [{ id: 'default', webhook_secret: SECRET, api_key: 'key-number-1' }],
  agents: { garudust: {} },
};

/** A value that each renamed setting takes. */
const VALUES: Readonly<Record<string, unknown>> = {
  'clients.*.webhook_secret': 'another-secret-of-the-tests',
  'clients.*.api_key': 'key-number-2',
  ingress_enabled: false,
  host: '127.0.0.9',
  port: 8081,
};

/** The file `GOOD` with a value at a place; the place is cleared of `without` first. */
function fileWith(path: readonly string[], key: string, value: unknown, without?: string): string {
  const file = structuredClone(GOOD) as Record<string, unknown>;
  const block = path.slice(0, -1).reduce((at, part) => at[part === '*' ? 0 : part] as Record<string, unknown>, file);
  if (without !== undefined) delete block[without];
  block[key] = value;
  return stringify(file);
}

describe('a setting loads under its former name, with a warning that names the new one,', () => {
  for (const { path, formerly } of listSettings()) {
    const former = formerly?.key;
    if (former === undefined) continue;
    const place = path.join('.');
    const name = path.at(-1) ?? '';

    test(`${place}, once ${former}`, () => {
      const value = VALUES[place];
      assert.notEqual(value, undefined, 'add a value to VALUES');
      const before = load({ yaml: fileWith(path, former, value, name) });
      const today = load({ yaml: fileWith(path, name, value) });
      assert.deepEqual(before.config, today.config);
      assert.equal(before.warnings.length, 1);
      assert.match(
        before.warnings[0] ?? '',
        new RegExp(`${former} \\(garudust-temporal\\.yaml line \\d+\\) is now called ${name}: rename it\\.$`),
      );
    });

    test(`${place} is refused beside ${former}`, () => {
      const yaml = fileWith(path, former, VALUES[place]);
      const both = name in (GOOD.clients[0] ?? {}) ? yaml : `${yaml}\n${name}: ${String(VALUES[place])}\n`;
      const lines = refusal({ yaml: both });
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(
        lines[0] ?? '',
        new RegExp(`${former} .*is the former name of .*${name}, which is set too: remove ${former}\\.$`),
      );
    });

    test(`${place} is named ${former} in an error where the file does so`, () => {
      const lines = refusal({ yaml: fileWith(path, former, '\u0001', name) });
      assert.match(lines[0] ?? '', new RegExp(`(?:^|\\.)${former} \\(garudust-temporal\\.yaml line \\d+\\)`));
    });
  }
});

describe('a variable or a flag that was renamed', () => {
  const renamed: Setting = {
    path: ['port'],
    env: 'PORT',
    flag: '--port',
    formerly: { env: 'LISTEN_PORT', flag: '--listen-port' },
    accepts: 'port',
    help: 'A setting of this test.',
    show: (value) => value,
  };
  const apply = (env: Record<string, string>, flags: Record<string, unknown> = {}) => {
    const raw = { values: {} as Record<string, unknown>, origins: new Map() };
    const { problems, warnings } = applyLayers(raw, { env, flags, mode: 'production' }, [renamed]);
    return [raw.values['port'], raw.origins.get('port'), warnings, problems.map(({ line }) => line)];
  };

  test('is read under its former name, with a warning', () => {
    assert.deepEqual(apply({ LISTEN_PORT: '1' }), [
      '1',
      { from: 'environment', name: 'LISTEN_PORT' },
      ['LISTEN_PORT is now called PORT: rename it.'],
      [],
    ]);
    assert.deepEqual(apply({ PORT: '1' }, { listenPort: '2' }), [
      '2',
      { from: 'flag', flag: '--listen-port' },
      ['--listen-port is now called --port: rename it.'],
      [],
    ]);
  });

  test('is refused under both names at once', () => {
    assert.deepEqual(apply({ PORT: '1', LISTEN_PORT: '2' })[3], [
      'LISTEN_PORT is the former name of PORT, which is set too: remove LISTEN_PORT.',
    ]);
    assert.deepEqual(apply({}, { port: 1, listenPort: 2 })[3], [
      '--listen-port is the former name of --port, which is set too: remove --listen-port.',
    ]);
  });

  test('says nothing under its name of today, or while the former variable is empty', () => {
    assert.deepEqual(apply({ PORT: '1', LISTEN_PORT: '' }).slice(2), [[], []]);
  });
});
