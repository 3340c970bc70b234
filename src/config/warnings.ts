import type { Config } from './config.ts';
import { isWeak, MIN_SECRET_LENGTH } from '../settings/secrets.ts';
import { ENV_AGENT, ENV_CLIENT, type Env } from './layers.ts';
import { listSettings } from './list-settings.ts';
import { editDistance } from '../settings/nearest-name.ts';

/** Tasks that Garudust itself runs at once. */
const GARUDUST_CONCURRENCY = 64;

/** A shorter name with one wrong letter may well belong to another program. */
const MIN_NAME_LENGTH = 8;

/** What works but is probably a mistake: one sentence each, without a secret. */
export function findWarnings(config: Config): string[] {
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
  const busy = config.agents
    .filter(({ spec, concurrency }) => spec.type === 'garudust' && concurrency > GARUDUST_CONCURRENCY)
    .map(
      ({ name, concurrency }) =>
        `Agent "${name}" gets ${concurrency} tasks at once, but Garudust runs ${GARUDUST_CONCURRENCY}: the rest waits there while its attempt timeout runs.`,
    );
  const open = config.callback.permitNetworks
    .filter((network) => network.endsWith('/0'))
    .map(
      (network) =>
        `callback.permit_networks contains ${network}: callbacks can reach every address, including cloud metadata.`,
    );
  return [...weak, ...keyless, ...busy, ...open];
}

/** Warns of variables that are set and ignored, unless the file itself refers to them. */
export function warnOfUnused(names: readonly string[], usedByFile: ReadonlySet<string>): string[] {
  return names
    .filter((name) => !usedByFile.has(name))
    .map((name) => {
      const owner = listSettings().find(({ env }) => env === name)?.path[0];
      const [what, id] = owner === 'agents' ? ['agent', ENV_AGENT] : ['client', ENV_CLIENT];
      return `${name} is ignored: it configures the ${what} "${id}", which the file does not define. Define it, or write \${${name}} in the file.`;
    });
}

/** Warns of variables whose name is one letter off one of ours. */
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
