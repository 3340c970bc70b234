import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderConfigurationPage } from '../../scripts/docs/configuration-page.ts';
import { isCurrent, PAGES } from '../../scripts/write-docs.ts';
import { listFlags, listSettings } from '../../src/config/list-settings.ts';
import { load } from './load.ts';

test('the committed page is what the schema says', async () => {
  const page = PAGES.find(({ file }) => file === 'docs/configuration.md');
  assert.ok(page && (await isCurrent(page)), 'run "npx tsx scripts/write-docs.ts" and commit docs/configuration.md');
});

test('every setting stands on it once for each type of agent that has it, with its variable and flag', () => {
  const rows = renderConfigurationPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const settings = listSettings();
  for (const { path, env, flag, help } of settings) {
    const alike = settings.filter((one) => one.path.at(-1) === path.at(-1) && one.help.includes(help));
    const found = rows.filter(
      (row) => row.startsWith(`| \`${path.at(-1)}\` |`) && row.includes(help.replaceAll('|', '\\|')),
    );
    assert.equal(found.length, alike.length, path.join('.'));
    for (const source of [env, flag]) {
      assert.ok(source === undefined || found.some((row) => row.includes(`\`${source}\``)), source);
    }
  }
});

test('its example of a settings file works', () => {
  const yaml = /```yaml\n(port[^]*?)```/.exec(renderConfigurationPage())?.[1] ?? '';
  const env = { CI_WEBHOOK_SECRET: 'ci-secret', CI_API_KEY: 'ci-key-1', GARUDUST_API_KEY: 'agent-key' };
  const { config, warnings } = load({ yaml, env });
  assert.equal(config.clients[0]?.id, 'ci');
  assert.deepEqual(warnings, []);
});

test('a setting has one name: the variable and the flag end with the word of the file', () => {
  for (const { path, env, flag } of listSettings()) {
    // The type `model` has a setting of its own name.
    const word = env === 'MODEL_NAME' ? 'name' : (path.at(-1) ?? '');
    const place = path.join('.');
    if (env !== undefined) assert.match(env, new RegExp(`^(?:[A-Z]+_)?${word.toUpperCase()}$`), place);
    if (flag !== undefined) assert.match(flag, new RegExp(`^--(?:[a-z]+-)?${word.replaceAll('_', '-')}$`), place);
  }
});

test('no variable and no flag belongs to two settings', () => {
  const names = listSettings().flatMap(({ env, flag }) => [env, flag].filter((name) => name !== undefined));
  assert.equal(new Set(names).size, names.length);
});

test('no secret can be given by a flag, which every user of the machine can see', () => {
  assert.deepEqual(
    listSettings().filter(({ secret, flag }) => secret === true && flag !== undefined),
    [],
  );
});

test('flags are declared as commander takes them', () => {
  for (const { flag } of listFlags()) assert.match(flag, /^--[a-z-]+ <[a-z_-]+>$/);
});
