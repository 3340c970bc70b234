import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { readImports } from './read-imports.ts';

/**
 * What makes a test an integration test: a file that imports one of these, itself or through other files of `test/`,
 * needs what stands behind it. Every other test is a unit test.
 */
const NEEDS_MORE_THAN_NODE = {
  'test/support/temporal-server.ts': 'a Temporal server',
  'src/cli/temporal-server/start-dev-server.ts': 'a Temporal server',
  'test/support/open-browser.ts': 'a browser',
  'test/support/missing-tool.ts': 'a program that a machine may lack',
};

/**
 * The test files that a list of files and folders means: a file is itself, a folder is every `*.test.ts` in it and below.
 *
 * @throws Error naming the one that does not exist or holds no test.
 */
export function findTestFiles(places: readonly string[]): string[] {
  return [...new Set(places.flatMap(filesOf))].toSorted();
}

function filesOf(place: string): string[] {
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) throw new Error(`${place} does not exist. Name test files or folders of test files.`);
  if (found.isFile()) return [place];
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => join(place, name));
  if (files.length === 0) throw new Error(`${place} holds no *.test.ts file.`);
  return files;
}

/**
 * What a test file needs beside Node; undefined for a unit test. Its path is relative to the root of the repository, as all
 * paths here.
 *
 * @returns such as `a browser (imports test/support/open-browser.ts)`
 */
export function findNeed(file: string): string | undefined {
  const reachable = reachableFrom(file);
  const found = Object.entries(NEEDS_MORE_THAN_NODE).find(([marker]) => reachable.has(marker));
  return found && `${found[1]} (imports ${found[0]})`;
}

/** The file, what it imports, and what those of them that stand in `test/` import in turn. */
function reachableFrom(file: string, seen = new Set<string>()): ReadonlySet<string> {
  seen.add(file);
  if (!file.startsWith('test/')) return seen;
  for (const { specifier, typeOnly } of readImports(file)) {
    const target = relative('.', resolve(dirname(file), specifier));
    if (!typeOnly && specifier.startsWith('.') && !seen.has(target) && existsSync(target)) reachableFrom(target, seen);
  }
  return seen;
}
