import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { AppliedLayers, Mode } from './layers.ts';
import type { settings, Settings } from './schema.ts';
import { toCamelCase } from '../settings/camel-case.ts';

/** What the settings are read by, and what they are read with. */
export interface ConfigContext {
  readonly mode: Mode;
  /** What a relative folder is relative to. */
  readonly cwd: string;
  readonly schema: typeof settings;
  readonly layers: Pick<AppliedLayers, 'namesOf'>;
}

/**
 * The settings as the modules take them.
 *
 * @param sources the sources of the settings, compiled
 */
export function toConfig(
  read: Settings,
  sources: Config['sources'],
  { mode, cwd, schema, layers }: ConfigContext,
): Config {
  const config = toCamelCase(schema, read);
  const { journalDir } = config.worker;
  return {
    ...config,
    mode,
    worker: { ...config.worker, ...(journalDir !== undefined && { journalDir: resolve(cwd, journalDir) }) },
    defaultAgent: config.defaultAgent ?? Object.keys(read.agents)[0] ?? '',
    agents: Object.entries(config.agents).map(([name, agent]) => ({
      name,
      ...agent,
      settingNames: layers.namesOf(name, agent.type),
    })),
    sources,
  };
}
