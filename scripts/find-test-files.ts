import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The test files that a list of files and folders means: a file is itself, a folder all `*.test.ts` in it and below.
 *
 * @throws Error naming the one that is not there or holds no test.
 */
export function findTestFiles(places: readonly string[]): string[] {
  return [...new Set(places.flatMap(filesOf))].toSorted();
}

function filesOf(place: string): string[] {
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) throw new Error(`${place} is not there: name test files or folders of them.`);
  if (found.isFile()) return [place];
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => join(place, name));
  if (files.length === 0) throw new Error(`${place} holds no *.test.ts file.`);
  return files;
}
