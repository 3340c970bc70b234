import { resolve } from 'node:path';
import type { AgentSettings } from '../agents/agent-types.ts';
import { type CamelCased, toCamelCase } from '../settings/camel-case.ts';
import type { Source } from '../sources/source.ts';
import type { AppliedLayers, Mode } from './layers.ts';
import type { settings, Settings } from './schema.ts';

type Read = CamelCased<typeof settings>;

/** The configuration: the settings of the file by the same names in camelCase. Durations are milliseconds, sizes bytes. */
export type Config = Omit<Read, 'agents' | 'defaultAgent' | 'sources' | 'workflows'> & {
  /** Absolute paths of the modules of a team's workflows, by name. */
  readonly workflows: Readonly<Record<string, string>>;
  readonly mode: Mode;
  /** In the order of the file. */
  readonly agents: readonly AgentConfig[];
  /** Name of one of the agents. */
  readonly defaultAgent: string;
  /** By name, in the order of the file, compiled. */
  readonly sources: ReadonlyMap<string, Source>;
};

/** An agent with its settings by their names in camelCase; `agents/agent-types.ts` makes something of those of its type. */
export type AgentConfig = AgentSettings & {
  readonly name: string;
  /** How a message refers to each setting of its type: the variable or flag that sets it, or its path in the file. */
  readonly settingNames: Readonly<Record<string, string>>;
};

/**
 * The settings as the modules take them, by the schema that read them.
 *
 * @param cwd what a relative folder is relative to
 * @param folder what paths of modules are relative to: the folder of the settings file
 */
export function toConfig(
  schema: typeof settings,
  read: Settings,
  {
    cwd,
    folder,
    namesOf,
    ...known
  }: Pick<Config, 'mode' | 'sources'> &
    Pick<AppliedLayers, 'namesOf'> & { readonly cwd: string; readonly folder: string },
): Config {
  const config = toCamelCase(schema, read);
  const { journalDir } = config.worker;
  const { workflows = {}, workflowBundle } = config;
  return {
    ...config,
    ...known,
    workflows: Object.fromEntries(Object.entries(workflows).map(([name, path]) => [name, resolve(folder, path)])),
    ...(workflowBundle !== undefined && { workflowBundle: resolve(folder, workflowBundle) }),
    worker: { ...config.worker, ...(journalDir && { journalDir: resolve(cwd, journalDir) }) },
    defaultAgent: config.defaultAgent ?? Object.keys(read.agents)[0] ?? '',
    agents: Object.entries(config.agents).map(([name, agent]) => ({
      name,
      ...agent,
      settingNames: namesOf(name, agent.type),
    })),
  };
}
