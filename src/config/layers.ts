import type { z } from 'zod';
import type { AgentTypes } from '../agents/agent-type.ts';
import { AGENT_TYPES, DEFAULT_AGENT_TYPE } from '../agents/agent-types.ts';
import type { ConfigProblem } from './config-error.ts';
import { describeBoth, describeFormer, type FormerNamesFound } from './former-names.ts';
import { listSettings, type Setting } from './list-settings.ts';
import { formatPath, getAt, type Origin, type Path, type RawSettings, setAt } from './raw-settings.ts';
import { fileVariable, type SecretFiles } from './secret-files.ts';
import { chosenOption, visitSchema } from '../settings/schema-node.ts';
import { isRecord } from '../values/is-record.ts';

/** `dev` runs on one machine and generates missing secrets; `production` refuses to start without one. */
export type Mode = 'dev' | 'production';

export type Env = Readonly<Record<string, string | undefined>>;

/** Parsed flags by commander's names: `--admin-port` is `adminPort`. */
export type Flags = Readonly<Record<string, unknown>>;

/** The client that variables configure. */
export const ENV_CLIENT = 'default';

/** What came up while the layers were applied. */
export interface AppliedLayers extends FormerNamesFound {
  /** Variables and flags that configure a client or agent that the file does not define. */
  readonly unused: readonly { readonly setting: Setting; readonly origin: Origin }[];
  /**
   * How a message refers to the settings that an agent's type has, by their names in the file: the variable or flag that
   * sets one, or would set it where the file lists no agents; else its path in the file.
   */
  readonly namesOf: (agent: string, type: string) => Readonly<Record<string, string>>;
}

/**
 * Applies the environment and then the flags over the file. An empty variable counts as unset.
 *
 * @param layers.inFiles variables whose value was read from a file. Default: none
 */
export function applyLayers(
  raw: RawSettings,
  layers: { env: Env; flags: Flags; mode: Mode; inFiles?: SecretFiles['inFiles'] },
  all: readonly Setting[] = listSettings(),
  types: AgentTypes = AGENT_TYPES,
): AppliedLayers {
  const { env, flags, mode, inFiles } = layers;
  const given = all.flatMap((setting) => [
    ...readNames(setting, [setting.env, setting.formerly?.env], (name) => env[name] || undefined).map((read) =>
      inFiles === undefined ? read : { ...read, origin: withFile(read.origin, inFiles) },
    ),
    ...readNames(setting, [setting.flag, setting.formerly?.flag], (flag) => flags[flagName(flag)]),
  ]);
  raw.values['clients'] ??= [{ id: ENV_CLIENT }];
  const fileListsAgents = (raw.values['agents'] ?? undefined) !== undefined;
  if (!fileListsAgents) setDefaultAgents(raw, { given, env, mode, types });
  const unused: AppliedLayers['unused'][number][] = [];
  for (const { setting, value, origin } of given) {
    const path = environmentPath(setting, raw.values);
    if (path !== undefined) setAt(raw, path, value, origin);
    else unused.push({ setting, origin });
  }
  const nameOf = ({ env: variable, path: [list = '', , ...rest] }: Setting, agent: string): string => {
    const path = formatPath([list, agent, ...rest]);
    const origin = raw.origins.get(path);
    if (origin?.from === 'environment') return origin.byFile ?? origin.name;
    if (origin?.from === 'flag') return origin.flag;
    return fileListsAgents ? path : (variable ?? path);
  };
  return {
    unused,
    namesOf: (agent, type) =>
      Object.fromEntries(
        all
          .filter(({ agentType }) => agentType === type)
          .map((setting) => [setting.path.at(-1) ?? '', nameOf(setting, agent)]),
      ),
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

function withFile(origin: Origin, inFiles: SecretFiles['inFiles']): Origin {
  if (origin.from !== 'environment' || !inFiles.has(origin.name)) return origin;
  return { ...origin, byFile: fileVariable(origin.name) };
}

/** The name under which commander hands over a flag. */
function flagName(flag: string): string {
  return flag.replace(/^--/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

interface DefaultsFrom {
  readonly given: readonly Given[];
  readonly env: Env;
  readonly mode: Mode;
  readonly types: AgentTypes;
}

/**
 * Sets the agents where the file lists none: one for each type that a variable or flag defines, named as its type; where none
 * does, in `dev` one by a variable of another product, else the mode's default.
 */
function setDefaultAgents(raw: RawSettings, { given, env, mode, types }: DefaultsFrom): void {
  const isGiven = (type: string, name: string | undefined): boolean =>
    given.some(({ setting: { agentType, path } }) => agentType === type && path.at(-1) === name);
  const defined = Object.keys(types).filter((type) => isGiven(type, types[type]?.definedBy));
  const names = defined.length > 0 ? defined : [DEFAULT_AGENT_TYPE[mode]];
  raw.values['agents'] = Object.fromEntries(names.map((name) => [name, { type: name }]));
  if (mode !== 'dev') return;
  for (const [type, { settings, definedBy, borrows = [] }] of Object.entries(types)) {
    const others = Object.keys(settings).filter((name) => name !== definedBy);
    const found = borrows.find((variable) => env[variable.env]);
    // A key is sent to nobody but whom it is meant for: not to an address that other variables give.
    if (!found || defined.some((name) => name !== type) || others.some((name) => isGiven(type, name))) continue;
    raw.values['agents'] = { [type]: { type, ...found.implies } };
    setAt(raw, ['agents', type, found.fills], env[found.env], { from: 'environment', name: found.env });
    return;
  }
}

/** What a variable configures: the client `default`, or the agent named as the type that has the setting. */
export function ownerOf({ agentType }: Setting): string {
  return agentType === undefined ? `the client "${ENV_CLIENT}"` : `the agent "${agentType}"`;
}

/**
 * The place that a variable sets: variables configure one client, and of each agent type one agent.
 *
 * @returns undefined where the file lists clients or agents, and not that one
 */
export function environmentPath({ path, agentType }: Setting, values: unknown): Path | undefined {
  const [list, any, ...rest] = path;
  if (any !== '*' || list === undefined) return path;
  const entries = getAt(values, [list]);
  if (Array.isArray(entries)) {
    const index = entries.findIndex((entry) => isRecord(entry) && entry['id'] === ENV_CLIENT);
    return index < 0 ? undefined : [list, index, ...rest];
  }
  if (agentType === undefined || !isRecord(entries) || !Object.hasOwn(entries, agentType)) return undefined;
  return [list, agentType, ...rest];
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
      if (!isRecord(block)) return value;
      const filled = fields.map(([name, field]) => [name, fill(field, block[name])] as const);
      return { ...block, ...Object.fromEntries(filled.filter(([, found]) => found !== undefined)) };
    },
    list(item) {
      const list = value ?? [];
      return Array.isArray(list) ? list.map((entry) => (isRecord(entry) ? fill(item, entry) : entry)) : value;
    },
    map(entry) {
      const map = value ?? {};
      if (!isRecord(map)) return value;
      return Object.fromEntries(Object.entries(map).map(([name, found]) => [name, fill(entry, found)]));
    },
    choice(options) {
      const option = chosenOption(options, value);
      return option === undefined ? value : fill(option, value);
    },
  });
}
