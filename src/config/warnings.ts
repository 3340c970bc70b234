import type { Config } from './config.ts';
import { isWeak } from '../settings/secrets.ts';
import { ENV_AGENT, ENV_CLIENT, type Env } from './layers.ts';
import { listSettings } from './list-settings.ts';
import { editDistance } from './nearest-name.ts';

/** What Garudust itself serves at once. */
const GARUDUST_CONCURRENCY = 64;

/** A mistyped name that is shorter could as well be somebody else's. */
const MIN_NAME_LENGTH = 8;

/** What can be used, and is probably not meant: one sentence each, without a secret. */
export function findWarnings(config: Config): string[] {
  const weak = config.clients
    .filter(({ webhookSecret, apiKey, callbackSecret }) =>
      [...webhookSecret, ...(apiKey ?? []), ...(callbackSecret ?? [])].some(isWeak),
    )
    .map(({ id }) => `A secret of client ${id} has fewer than 8 characters: production will refuse it.`);
  const keyless = config.clients
    .filter(({ apiKey }) => apiKey === undefined)
    .map(({ id }) => `Client ${id} has no API key, so it can't read its runs: set RUNS_API_KEY or api_key.`);
  const busy = config.agents
    .filter(({ spec, concurrency }) => spec.type === 'garudust' && concurrency > GARUDUST_CONCURRENCY)
    .map(
      ({ name, concurrency }) =>
        `Agent ${name} gets ${concurrency} tasks at once and Garudust serves ${GARUDUST_CONCURRENCY}: the rest waits there while its attempt timeout runs.`,
    );
  const open = config.callback.permitNetworks
    .filter((network) => network.endsWith('/0'))
    .map(
      (network) => `callback.permit_networks has ${network}: callers can reach every address, cloud metadata included.`,
    );
  const unsigned = config.sources
    .filter((source) => source.unsigned)
    .map(
      ({ name }) => `Source ${name} is unsigned: whoever finds its address can start runs, and pay with your agent.`,
    );
  return [...weak, ...keyless, ...busy, ...open, ...unsigned];
}

/** Warns of variables that are set and can't have an effect, unless the file itself takes them in. */
export function warnOfUnused(names: readonly string[], usedByFile: ReadonlySet<string>): string[] {
  return names
    .filter((name) => !usedByFile.has(name))
    .map((name) => {
      const owner = listSettings().find(({ env }) => env === name)?.path[0];
      const [what, id] = owner === 'agents' ? ['agent', ENV_AGENT] : ['client', ENV_CLIENT];
      return `${name} has no effect: it speaks of the ${what} ${id}, and there is none. Name one so, or write \${${name}} in the file.`;
    });
}

/** Warns of variables that are nearly named like one of ours. */
export function warnOfMistyped(env: Env): string[] {
  const known = listSettings().flatMap(({ env: name, formerly }) =>
    [name, formerly?.env].filter((it) => it !== undefined),
  );
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || name.length < MIN_NAME_LENGTH) return [];
    const meant = known.find((other) => other.length >= MIN_NAME_LENGTH && editDistance(name, other) === 1);
    return meant === undefined ? [] : [`${name} is not a setting: did you mean ${meant}?`];
  });
}
