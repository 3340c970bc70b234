import type { JudgeSources } from '../config/check-sources.ts';
import type { Config } from '../config/config.ts';
import { compileSources } from '../sources/compile-sources.ts';
import type { Source } from '../sources/source.ts';

/** Reads the rules of all sources as the ingress will, and tells what is wrong with them. */
export const judgeSources: JudgeSources = (sources, settings) => {
  const compiled = compileSources(sources, settings);
  return compiled.ok ? [] : compiled.faults;
};

/** The sources of a configuration that was loaded with `judgeSources`, ready to take events. */
export function readSources(config: Pick<Config, 'sources' | 'endpointPath'>): ReadonlyMap<string, Source> {
  const compiled = compileSources(config.sources, config);
  if (compiled.ok) return compiled.sources;
  const faults = compiled.faults.map(({ path, message }) => `sources.${path.join('.')} ${message}`);
  throw new RangeError(`Sources that can't be read: ${faults.join('; ')}.`);
}
