import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import type { Preset } from '../../src/sources/preset.ts';
import { OPERATORS } from '../../src/sources/filter-operators.ts';
import { PRESETS } from '../../src/sources/presets.ts';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { load } from '../config/load.ts';
import { NPM_LIBRARIES, PYPI_LIBRARIES } from '../support/sender-library-packages.ts';

const page = readFileSync(new URL('../../docs/sources.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => yaml);
const CLIENT = 'clients: [{ id: default, webhook_secret: a-secret-of-the-tests }]\n';

for (const yaml of blocks) {
  test(`the page's source ${/^ {2}([\w-]+):/m.exec(yaml)?.[1]} can be read as it stands`, () => {
    const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
    const env = Object.fromEntries(names.map((name) => [name, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']));
    const loaded = load({ yaml: CLIENT + yaml, env });
    assert.ok(loaded.config.sources.size > 0);
    assert.doesNotMatch(loaded.warnings.join(), /Liquid|now called/);
  });
}

test('the page names every preset, operator and scheme', () => {
  assert.ok(blocks.length > 5);
  for (const name of [...Object.keys(PRESETS), ...OPERATORS, ...Object.keys(SCHEMES)]) {
    assert.match(page, new RegExp(`\`${name.replace('$', '\\$')}\\b`), name);
  }
});

test('the page says what every preset is tested with, and those packages are there', () => {
  const [, section = ''] = page.split('## What the presets are tested with');
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const named = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const presets = rows.flatMap((row) => named(row.split('|')[1]));
  assert.deepEqual(presets.toSorted(), Object.keys(PRESETS).toSorted());
  const installed = [...NPM_LIBRARIES.packages, ...PYPI_LIBRARIES.packages].map((one) =>
    one.replace(/(?:==|(?!^)@).*/, ''),
  );
  const known = new Set([...Object.keys(packageJson.devDependencies), ...installed]);
  for (const library of rows.flatMap((row) => named(row.split('|')[2]))) assert.ok(known.has(library), library);
  for (const library of installed) assert.ok(section.includes(`\`${library}\``), library);
});

test('every preset of a sender has the page that it is made from', () => {
  for (const [name, { documentation }] of Object.entries<Preset>(PRESETS)) {
    if (name !== 'generic') assert.match(documentation.page ?? '', /^https:\/\//, name);
  }
});
