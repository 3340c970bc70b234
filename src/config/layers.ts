import { listSettings, type Setting } from './list-settings.ts';
import { getAt, type Origin, type Path, type RawSettings, setAt } from './raw-settings.ts';
import { isBlock } from './schema-node.ts';

/** `dev` runs on one machine and makes up what is missing; `production` refuses to start without a secret. */
export type Mode = 'dev' | 'production';

export type Env = Readonly<Record<string, string | undefined>>;

/** Parsed flags by commander's names: `--admin-port` is `adminPort`. */
export type Flags = Readonly<Record<string, unknown>>;

/** The client and the agent that the environment speaks of. */
export const ENV_CLIENT = 'default';
export const ENV_AGENT = 'garudust';

/**
 * Lays the environment and then the flags over the file. An empty variable counts as unset.
 *
 * @returns what found no place: the variables and flags of a client or agent that the file's own list does not have
 */
export function applyLayers(raw: RawSettings, layers: { env: Env; flags: Flags; mode: Mode }): readonly Origin[] {
  const { env, flags, mode } = layers;
  const given = listSettings().flatMap((setting) => {
    const fromEnv = setting.env === undefined ? undefined : env[setting.env];
    const fromFlag = setting.flag === undefined ? undefined : flags[flagName(setting.flag)];
    return [
      ...(fromEnv === undefined || fromEnv === '' ? [] : [{ setting, value: fromEnv, origin: envOrigin(setting) }]),
      ...(fromFlag === undefined ? [] : [{ setting, value: fromFlag, origin: flagOrigin(setting) }]),
    ];
  });
  const urlGiven = given.some(({ setting }) => setting.path.join('.') === 'agents.*.url');
  raw.values['clients'] ??= [{ id: ENV_CLIENT }];
  const agent = mode === 'production' || urlGiven ? ENV_AGENT : 'demo';
  raw.values['agents'] ??= { [agent]: { type: agent } };
  const unused: Origin[] = [];
  for (const { setting, value, origin } of given) {
    const path = environmentPath(setting.path, raw.values);
    if (path !== undefined) setAt(raw, path, value, origin);
    else unused.push(origin);
  }
  return unused;
}

/** The name under which commander hands over a flag. */
function flagName(flag: string): string {
  return flag.replace(/^--/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function envOrigin({ env = '' }: Setting): Origin {
  return { from: 'environment', name: env };
}

function flagOrigin({ flag = '--' }: Setting): Origin {
  return { from: 'flag', flag };
}

/**
 * Where a variable of the environment belongs: one client and one agent can be told by it.
 *
 * @returns undefined where the file lists clients or agents, and not that one
 */
export function environmentPath(path: readonly string[], values: unknown): Path | undefined {
  const [list, any, ...rest] = path;
  if (any !== '*' || list === undefined) return path;
  const entries = getAt(values, [list]);
  if (Array.isArray(entries)) {
    const index = entries.findIndex((entry) => isBlock(entry) && entry['id'] === ENV_CLIENT);
    return index < 0 ? undefined : [list, index, ...rest];
  }
  return isBlock(entries) && Object.hasOwn(entries, ENV_AGENT) ? [list, ENV_AGENT, ...rest] : undefined;
}
