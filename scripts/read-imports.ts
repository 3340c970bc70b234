import { readFileSync } from 'node:fs';

/** What a file imports or re-exports. */
export interface Import {
  /** Such as `../contract/run.ts` or `node:crypto`. */
  readonly specifier: string;
  /** `import type`, which runs nothing. */
  readonly typeOnly: boolean;
}

const IMPORT = /\b(?:import|export)\b(\s+type\b)?[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

/** The imports of a TypeScript file in the order in which they are written. */
export function readImports(file: string): Import[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => ({
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}
