import { compileSource } from './compile-source.ts';
import type { SourceFault } from './source-faults.ts';
import type { Source, SourceOptions } from './source.ts';

export type CompiledSources =
  | { readonly ok: true; readonly sources: ReadonlyMap<string, Source> }
  /** Paths begin with the source's name. */
  | { readonly ok: false; readonly faults: readonly SourceFault[] };

/**
 * Reads all sources, and sees that no two are reached by one path.
 *
 * @param options.endpointPath the second path for tasks, which no source may have
 */
export function compileSources(
  all: readonly SourceOptions[],
  { endpointPath }: { readonly endpointPath: string },
): CompiledSources {
  const faults: SourceFault[] = [];
  const sources = new Map<string, Source>();
  const owners = new Map([[endpointPath, 'endpoint_path']]);
  for (const options of all) {
    const compiled = compileSource(options);
    if (!compiled.ok) {
      faults.push(...compiled.faults.map(({ path, message }) => ({ path: [options.name, ...path], message })));
      continue;
    }
    const { source } = compiled;
    const owner = owners.get(source.path);
    if (owner !== undefined) {
      faults.push({ path: [source.name, 'path'], message: `is ${source.path}, as ${owner}: give each its own` });
    }
    owners.set(source.path, `sources.${source.name}`);
    sources.set(source.name, source);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, sources };
}
