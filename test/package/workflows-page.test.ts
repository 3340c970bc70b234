import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = 'examples/chains';
/** Around the workflows: how to run them is in the README. */
const NOT_SHOWN = ['schedule.ts', 'start.ts', 'worker.ts', 'workflows.ts'];

test('docs/workflows.md shows the examples as they are, in the order in which one learns them', () => {
  const page = readFileSync(`${ROOT}docs/workflows.md`, 'utf8');
  const shown = [...page.matchAll(/```ts\n\/\/ (examples\/\S+)\n([\s\S]*?)```/g)];
  for (const [, file = '', code] of shown) assert.equal(code, readFileSync(`${ROOT}${file}`, 'utf8'), file);
  const names = ['two-steps.ts', 'panel.ts', 'until-good.ts', 'publish.ts', 'nightly-report.ts', 'chains.test.ts'];
  assert.deepEqual(
    shown.map(([, file]) => file),
    names.map((name) => `${FOLDER}/${name}`),
  );
  const files = readdirSync(`${ROOT}${FOLDER}`).filter((file) => file.endsWith('.ts'));
  assert.deepEqual(files.toSorted(), [...names, ...NOT_SHOWN].toSorted());
});

test('and the workflow of the Python example', () => {
  const page = readFileSync(`${ROOT}docs/workflows.md`, 'utf8');
  const [, file = '', shown = ''] = /```python\n# (examples\/\S+)\n([\s\S]*?)```/.exec(page) ?? [];
  assert.ok(shown !== '' && readFileSync(`${ROOT}${file}`, 'utf8').includes(shown), file);
});

test('the first example is a chain in ten lines', () => {
  const code = readFileSync(`${ROOT}${FOLDER}/two-steps.ts`, 'utf8').trim();
  assert.ok(code.split('\n').length <= 10, code);
});
