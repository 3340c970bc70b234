import type { AgentTypes } from '../agents/agent-type.ts';
import { findAgentWarnings } from '../agents/agent-types.ts';
import type { Config } from './config.ts';
import { isWeak, MIN_SECRET_LENGTH } from '../settings/secrets.ts';
import { type AppliedLayers, type Env, ownerOf } from './layers.ts';
import type { Setting } from './list-settings.ts';
import { editDistance } from '../values/nearest-name.ts';

/** A shorter name with one wrong letter may well belong to another program. */
const MIN_NAME_LENGTH = 8;

/** What works but is probably a mistake: one sentence each, without a secret. */
export function findWarnings(config: Config, agentTypes: AgentTypes): string[] {
  const weak = config.clients
    .filter(({ webhookSecret, apiKey, callbackSecret }) =>
      [...webhookSecret, ...(apiKey ?? []), ...(callbackSecret ?? [])].some(isWeak),
    )
    .map(
      ({ id }) => `Client "${id}" has a secret shorter than ${MIN_SECRET_LENGTH} characters: production refuses it.`,
    );
  const keyless = config.clients
    .filter(({ apiKey }) => apiKey === undefined)
    .map(({ id }) => `Client "${id}" has no API key and cannot read its runs: set RUNS_API_KEY or api_key.`);
  const unbound = config.clients
    .filter(({ callbackHeaders }) => callbackHeaders !== undefined && callbackHeaders.hosts === undefined)
    .map(({ id, allowedCallbackDomains }) => {
      const hosts = allowedCallbackDomains.slice(0, 5).join(', ');
      return `Client "${id}" has callback_headers without hosts; they are sent to its allowed_callback_domains: write callback_headers: {hosts: [${hosts}], headers: {…}}.`;
    });
  const agents = config.agents.flatMap((agent) =>
    findAgentWarnings(agent, agentTypes).map((warning) => `Agent "${agent.name}" ${warning}`),
  );
  const open = config.callback.permitNetworks
    .filter((network) => network.endsWith('/0'))
    .map(
      (network) =>
        `callback.permit_networks contains ${network}: callbacks can reach every address, including cloud metadata.`,
    );
  return [...weak, ...keyless, ...unbound, ...agents, ...warnOfFewSlots(config), ...open];
}

/** Agents that may hold every slot of the worker: then one agent's calls delay another's, and callbacks. */
function warnOfFewSlots({ agents, worker }: Config): string[] {
  const slots = worker.maxConcurrentActivities;
  const calls = agents.reduce((sum, { concurrency }) => sum + concurrency, 0);
  if (agents.length < 2 || calls < slots) return [];
  return [
    `worker.max_concurrent_activities is ${slots}, and the agents may be called ${calls} times at once: calls of some agents can delay others and callbacks. Raise it above ${calls}, or lower concurrency.`,
  ];
}

/** Warns of variables that are set and ignored, unless the file itself refers to them. */
export function warnOfUnused(unused: AppliedLayers['unused'], usedByFile: ReadonlySet<string>): string[] {
  return unused.flatMap(({ setting, origin }) => {
    if (origin.from !== 'environment' || usedByFile.has(origin.name)) return [];
    return `${origin.name} is ignored: it configures ${ownerOf(setting)}, which the file does not define. Define it, or write \${${origin.name}} in the file.`;
  });
}

/** Warns of variables whose name is one letter off one of ours. */
export function warnOfMistyped(env: Env, all: readonly Setting[]): string[] {
  const known = all.flatMap(({ env: name, formerly }) => [name, formerly?.env].filter((it) => it !== undefined));
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || name.length < MIN_NAME_LENGTH) return [];
    const meant = known.find((other) => other.length >= MIN_NAME_LENGTH && editDistance(name, other) === 1);
    return meant === undefined ? [] : [`${name} is not a setting: did you mean ${meant}?`];
  });
}
