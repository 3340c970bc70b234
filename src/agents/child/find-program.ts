import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Where a program is; or why it can't be run. */
export type FoundProgram = { readonly path: string } | { readonly problem: 'missing' | 'not executable' };

/**
 * Finds a program as the system would: a name with a slash is a path, relative to this process; any other is looked for on `PATH`.
 *
 * @param searchPath the variable `PATH` of the program's environment
 */
export function findProgram(program: string, searchPath: string | undefined): FoundProgram {
  const isPath = isAbsolute(program) || program.includes('/');
  const folders = (searchPath ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = isPath ? [resolve(program)] : folders.map((folder) => join(folder, program));
  const files = places.filter((place) => statSync(place, { throwIfNoEntry: false })?.isFile() === true);
  const path = files.find(isExecutable);
  if (path !== undefined) return { path };
  return { problem: files.length > 0 ? 'not executable' : 'missing' };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
