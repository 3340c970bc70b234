import type { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import { describeBoth, describeFormer, type FormerNamesFound } from './former-names.ts';
import { listSettings, type Setting } from './list-settings.ts';
import { getAt, type Origin, type Path, type RawSettings, setAt } from './raw-settings.ts';
import { chosenOption, visitSchema } from '../settings/schema-node.ts';
import { isBlock } from '../settings/kind.ts';

/** `dev` runs on one machine and generates missing secrets; `production` refuses to start without one. */
export type Mode = 'dev' | 'production';

export type Env = Readonly<Record<string, string | undefined>>;

/** Parsed flags by commander's names: `--admin-port` is `adminPort`. */
export type Flags = Readonly<Record<string, unknown>>;

/** The client and the agent that variables configure. */
export const ENV_CLIENT = 'default';
export const ENV_AGENT = 'garudust';

/** What came up while the layers were applied. */
export interface AppliedLayers extends FormerNamesFound {
  /** Variables and flags that configure a client or agent that the file does not define. */
  readonly unused: readonly Origin[];
}

/** Applies the environment and then the flags over the file. An empty variable counts as unset. */
export function applyLayers(
  raw: RawSettings,
  layers: { env: Env; flags: Flags; mode: Mode },
  all: readonly Setting[] = listSettings(),
): AppliedLayers {
  const { env, flags, mode } = layers;
  const given = all.flatMap((setting) => [
    ...readNames(setting, [setting.env, setting.formerly?.env], (name) => env[name] || undefined),
    ...readNames(setting, [setting.flag, setting.formerly?.flag], (flag) => flags[flagName(flag)]),
  ]);
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
  return {
    unused,
    problems: given.flatMap(({ problem }) => problem ?? []),
    warnings: given.flatMap(({ warning }) => warning ?? []),
  };
}

interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
  readonly problem?: ConfigProblem;
  readonly warning?: string;
}

/** Reads a setting by its name of today or by its former one, of either the environment or the command line. */
function readNames(
  setting: Setting,
  [today, former]: readonly [string | undefined, string | undefined],
  read: (name: string) => unknown,
): Given[] {
  const find = (name: string | undefined): unknown => (name === undefined ? undefined : read(name));
  const [value, old] = [find(today), find(former)];
  const give = (name: string | undefined, found: unknown): Given[] =>
    name === undefined || found === undefined ? [] : [{ setting, value: found, origin: toOrigin(name) }];
  if (old === undefined || former === undefined || today === undefined) return give(today, value);
  if (value === undefined) return give(former, old).map((one) => ({ ...one, warning: describeFormer(former, today) }));
  const problem = { path: former, line: describeBoth(former, today, former) };
  return give(today, value).map((one) => ({ ...one, problem }));
}

function toOrigin(name: string): Origin {
  return name.startsWith('--') ? { from: 'flag', flag: name } : { from: 'environment', name };
}

/** The name under which commander hands over a flag. */
function flagName(flag: string): string {
  return flag.replace(/^--/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The setting that a variable sets: variables configure one client and one agent.
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

/**
 * Fills in the default of everything that has no value, in the file's notation, so that the schema checks it as well.
 *
 * What has the wrong shape is left as it is, for the schema to refuse.
 *
 * @returns a new value
 */
export function fillDefaults(schema: z.core.$ZodType, value: unknown, mode: Mode): unknown {
  const fill = (below: z.core.$ZodType, found: unknown): unknown => fillDefaults(below, found, mode);
  return visitSchema<unknown>(schema, {
    setting: (meta) => value ?? (mode === 'dev' ? (meta.devDefault ?? meta.default) : meta.default),
    block(fields) {
      const block = value ?? {};
      if (!isBlock(block)) return value;
      const filled = fields.map(([name, field]) => [name, fill(field, block[name])] as const);
      return { ...block, ...Object.fromEntries(filled.filter(([, found]) => found !== undefined)) };
    },
    list(item) {
      const list = value ?? [];
      return Array.isArray(list) ? list.map((entry) => (isBlock(entry) ? fill(item, entry) : entry)) : value;
    },
    map(entry) {
      const map = value ?? {};
      if (!isBlock(map)) return value;
      return Object.fromEntries(Object.entries(map).map(([name, found]) => [name, fill(entry, found)]));
    },
    choice(options) {
      const option = chosenOption(options, value);
      return option === undefined ? value : fill(option, value);
    },
  });
}
