import type { CamelCased } from '../settings/camel-case.ts';
import type { AgentSettings } from '../agents/agent-types.ts';
import type { Source } from '../sources/source.ts';
import type { Mode } from './layers.ts';
import type { settings } from './schema.ts';

type Read = CamelCased<typeof settings>;

/** The configuration: the settings of the file by the same names in camelCase. Durations are milliseconds, sizes bytes. */
export type Config = Omit<Read, 'agents' | 'defaultAgent' | 'sources'> & {
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
