import type { CamelCased } from '../settings/camel-case.ts';
import type { AgentPolicy } from '../contract/run.ts';
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

/** Which adapter an agent has, with what it needs. */
export type AgentSpec =
  { readonly type: 'garudust'; readonly url: string; readonly apiKey?: string } | { readonly type: 'demo' };

export interface AgentConfig {
  readonly name: string;
  readonly spec: AgentSpec;
  /** Tasks that one worker gives it at once. */
  readonly concurrency: number;
  readonly policy: AgentPolicy;
  /** The wait after the first fault of its kind; it doubles with every further one. */
  readonly delays: { readonly passingMs: number; readonly agentMs: number; readonly unreachableMs: number };
}
