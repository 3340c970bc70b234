import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MORE_PROMISES, OWN_WORKFLOWS } from '../../scripts/docs/reliability-promises.ts';

test('every promise of the page names a test that exists', () => {
  for (const { promise, file, test: name } of [...MORE_PROMISES, ...OWN_WORKFLOWS]) {
    assert.ok(readFileSync(file, 'utf8').includes(`test('${name}`), `${file} has no test "${name}" for: ${promise}`);
  }
});
