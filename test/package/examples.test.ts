import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

for (const [entry, least] of [
  ['index.ts', 6],
  ['workflows/index.ts', 6],
  ['testing/index.ts', 1],
] as const) {
  test(`every value that src/${entry} exports has an @example`, () => {
    const exports = readExports(join(SRC, entry));
    assert.ok(exports.length >= least);
    assert.deepEqual(
      exports.filter(({ name, file }) => !docOf(name, file).includes('@example')).map(({ name }) => name),
      [],
    );
  });
}

/** The names that a file re-exports and that are there at run time. */
function readExports(entry: string): { name: string; file: string }[] {
  const source = readFileSync(entry, 'utf8');
  // Whatever else a file exports would be left out in silence.
  assert.doesNotMatch(source, /^export (?!type \{|\{)/m);
  return [...source.matchAll(/^export \{([^}]*)\} from '([^']+)'/gm)].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => ({ name, file: join(dirname(entry), from) })),
  );
}

/** The doc comment of a declaration. */
function docOf(name: string, file: string): string {
  const source = readFileSync(file, 'utf8');
  const declaration = new RegExp(`^export (?:async )?(?:function|const|class) ${name}\\b`, 'm').exec(source);
  assert.ok(declaration, `${name} is not declared in ${file}`);
  const before = source.slice(0, declaration.index);
  return before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : '';
}
