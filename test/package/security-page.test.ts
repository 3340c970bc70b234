import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/security.md', import.meta.url));
const NOT_PROMISED = '## What is not promised';

/** A row of a table: what is promised, and the tests that hold it as links, each with the title of the test as its text. */
interface Promised {
  readonly promise: string;
  readonly tests: readonly { readonly title: string; readonly file: string }[];
}

describe('the page of security', () => {
  const promises = readPromises(readFileSync(PAGE, 'utf8'));

  test('has a test for each promise, and each once', () => {
    assert.ok(promises.length > 50);
    assert.deepEqual(
      promises.filter(({ tests }) => tests.length === 0).map(({ promise }) => promise),
      [],
    );
    assert.equal(new Set(promises.map(({ promise }) => promise)).size, promises.length);
  });

  test('names tests that are there', () => {
    const stale = promises.flatMap(({ tests }) => tests).filter((held) => !isThere(held));
    assert.deepEqual(stale, []);
  });

  test('says what is not promised', () => {
    assert.ok(readFileSync(PAGE, 'utf8').includes(NOT_PROMISED));
  });
});

test('a test that is renamed, or whose file is gone, is told', () => {
  const file = '../test/package/security-page.test.ts';
  assert.ok(isThere({ title: 'names tests that are there', file }));
  assert.ok(!isThere({ title: 'names tests that are there', file: '../test/package/contents.test.ts' }));
  assert.ok(!isThere({ title: 'names tests that are there', file: '../test/package/gone.test.ts' }));
});

function readPromises(page: string): Promised[] {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:promise|-+) +\|/.test(line));
  return rows.map((row) => {
    const [promise = '', heldBy = ''] = row.slice(2).split(' | ');
    return { promise: promise.trim(), tests: readLinks(heldBy) };
  });
}

function readLinks(cell: string): { title: string; file: string }[] {
  return [...cell.matchAll(/\[(.+?)\]\((\.\.\/test\/[^)]+\.ts)\)/g)].map(([, title = '', file = '']) => ({
    title,
    file,
  }));
}

/** Whether the file of a test has the title as a literal of its own: that of a test, of a suite, or of a case in a table. */
function isThere({ title, file }: { readonly title: string; readonly file: string }): boolean {
  const path = join(dirname(PAGE), file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}
