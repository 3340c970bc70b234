import type { Config } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { loadConfig } from '../../config/load-config.ts';
import { nearestName } from '../../values/nearest-name.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';

export type ConfiguredAgents = Config['agents'];

/**
 * The agents of the settings, as `dev` reads them.
 *
 * @throws CliError `usage` for settings that can't be used
 */
export function readAgents(flags: { readonly config?: string }, { env, cwd }: CliIo): ConfiguredAgents {
  try {
    return loadConfig({ mode: 'dev', flags, env, cwd }).config.agents;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
}

/** @throws CliError `usage` when there is none of this name */
export function findAgent(name: string, agents: ConfiguredAgents): ConfiguredAgents[number] {
  const agent = agents.find((each) => each.name === name);
  if (agent !== undefined) return agent;
  const names = agents.map((each) => each.name);
  const near = nearestName(name, names);
  const question = near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
  throw new CliError(
    'usage',
    `There is no agent ${JSON.stringify(name)}: the settings define ${names.join(', ')}.${question}`,
  );
}
