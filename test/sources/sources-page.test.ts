import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OPERATORS } from '../../src/sources/filter-operators.ts';
import { PRESETS } from '../../src/sources/presets.ts';
import { SCHEMES } from '../../src/signatures/schemes.ts';
import { load } from '../config/load.ts';

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
