import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AgentTypes } from '../agents/agent-type.ts';
import { AGENT_TYPES } from '../agents/agent-types.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import type { CompiledSources } from '../sources/compile-sources.ts';
import { type Config, toConfig } from './config.ts';
import { crossCheck } from './cross-check.ts';
import { type GeneratedSecrets, generateSecrets } from './dev-secrets.ts';
import { explainIssues, wordFinding, wordPlace } from './explain-issues.ts';
import { renameFormerKeys } from './former-names.ts';
import {
  type AppliedLayers,
  applyLayers,
  type Env,
  environmentPath,
  fillDefaults,
  type Flags,
  type Mode,
  ownerOf,
} from './layers.ts';
import { listSettings, type Setting } from './list-settings.ts';
import { formatPath, type Origin, type RawSettings } from './raw-settings.ts';
import { noFile, readFile } from './read-file.ts';
import { type Settings, settingsWith } from './schema.ts';
import { readSecretFiles } from './secret-files.ts';
import { findWarnings, warnOfMistyped, warnOfUnused } from './warnings.ts';
import { unfoldWebhookAdapter } from './webhook-adapter.ts';
import { isRecord } from '../values/is-record.ts';

export const DEFAULT_FILE = 'garudust-temporal.yaml';
export const FILE_VARIABLE = 'GARUDUST_TEMPORAL_CONFIG';

const NO_SOURCES: CompiledSources = { sources: new Map(), faults: [], warnings: [] };

export interface LoadOptions {
  readonly mode: Mode;
  readonly env: Env;
  /** Parsed flags by commander's names; `config` is the file. Default: none. */
  readonly flags?: Flags;
  /**
   * The settings file; false reads none. Default: the flag `config`, else `GARUDUST_TEMPORAL_CONFIG`, else
   * `garudust-temporal.yaml` where there is one.
   */
  readonly file?: string | false;
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** In `dev`: a file that keeps generated secrets across restarts. */
  readonly devSecretsFile?: string;
  /** Default: `AGENT_TYPES`. */
  readonly agentTypes?: AgentTypes;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The same under the names of the file, for `describeConfig`. Contains secrets. */
  readonly settings: Settings;
  /** The settings file that was read. */
  readonly file?: string;
  /** Secrets that `dev` generated, to show to its user. */
  readonly generated: readonly GeneratedSecrets[];
  /** One sentence each, without secrets. */
  readonly warnings: readonly string[];
  /** A setting and where it stands, for a fault that shows later: `schedules.nightly (garudust-temporal.yaml line 12)`. */
  readonly placeOf: (...path: readonly string[]) => string;
}

/**
 * Reads the configuration: flags over environment over file over defaults.
 *
 * @throws ConfigError listing everything that is wrong, in one message
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { mode, flags = {}, cwd, agentTypes = AGENT_TYPES } = options;
  const schema = settingsWith(agentTypes);
  const all = listSettings(schema);
  const name = findFile(options);
  const file = name === undefined ? noFile() : readFile(resolve(cwd, name), name, { env: options.env, cwd });
  const { env, inFiles, problems: badFiles } = readSecretFiles(options.env, all, cwd);
  const raw: RawSettings = { values: structuredClone(file.values), origins: new Map(file.origins) };
  const renamed = renameFormerKeys(schema, raw);
  const adapterProblems = unfoldWebhookAdapter(raw);
  const layers = applyLayers(raw, { env, flags, mode, inFiles }, all, agentTypes);
  const made = mode === 'dev' ? generateSecrets(raw, options.devSecretsFile) : { generated: [], warnings: [] };

  const filled = fillDefaults(schema, raw.values, mode);
  const judged: RawSettings = { values: isRecord(filled) ? filled : {}, origins: raw.origins };
  let compiled = NO_SOURCES;
  const read = schema
    .superRefine((whole, context) => void (compiled = crossCheck(whole, context, mode)), { when: () => true })
    .safeParse(filled);
  const known = [
    ...file.problems,
    ...renamed.problems,
    ...adapterProblems,
    ...layers.problems,
    ...layers.unused.flatMap(refuseFlag),
    ...[...badFiles].map(([variable, line]) => ({ path: placeOf(variable, all, raw), line })),
  ];
  const found = read.success ? [] : explainIssues(read.error.issues, judged, schema);
  const problems = [...known, ...found.filter((problem) => isNews(problem, known, file.readable)).map(withoutOrigin)];
  if (!read.success || problems.length > 0) throw new ConfigError(problems);

  const config = toConfig(schema, read.data, {
    mode,
    cwd,
    folder: name === undefined ? cwd : dirname(resolve(cwd, name)),
    sources: compiled.sources,
    namesOf: layers.namesOf,
  });
  return {
    config,
    settings: read.data,
    ...(name !== undefined && { file: name }),
    generated: made.generated,
    warnings: [
      ...renamed.warnings,
      ...layers.warnings,
      ...made.warnings,
      ...findWarnings(config, agentTypes),
      ...compiled.warnings.map(({ path, message }) => wordFinding(['sources', ...path], message, judged)),
      ...warnOfUnused(layers.unused, file.variables),
      ...warnOfMistyped(options.env, all),
    ],
    placeOf: (...path) => wordPlace(path, judged),
  };
}

/** The settings file, by its name; undefined where there is none. */
export function findFile({
  file,
  flags = {},
  env,
  cwd,
}: Pick<LoadOptions, 'file' | 'flags' | 'env' | 'cwd'>): string | undefined {
  if (file === false) return undefined;
  const flag = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const named = file ?? flag ?? (env[FILE_VARIABLE] || undefined);
  if (named !== undefined) return named;
  return existsSync(resolve(cwd, DEFAULT_FILE)) ? DEFAULT_FILE : undefined;
}

/** The setting of a variable, so that nothing else is said about it. */
function placeOf(variable: string, all: readonly Setting[], raw: RawSettings): string {
  const setting = all.find(({ env, formerly }) => env === variable || formerly?.env === variable);
  const path = setting && environmentPath(setting, raw.values);
  return path === undefined ? '' : formatPath(path);
}

/** A flag is meant for this one start, so an ignored one is an error. */
function refuseFlag({ setting, origin }: AppliedLayers['unused'][number]): ConfigProblem[] {
  if (origin.from !== 'flag') return [];
  const line = `${origin.flag} configures ${ownerOf(setting)}, which the file does not define: define it, or remove the flag.`;
  return [{ path: '', line }];
}

/** An origin holds text of the file, which stays in this module. */
function withoutOrigin({ path, line }: ConfigProblem): ConfigProblem {
  return { path, line };
}

/** Leaves out what only follows from another problem: an unreadable file, an unset variable, a secret that could not be read. */
function isNews(
  { path, origin }: ConfigProblem & { readonly origin: Origin | undefined },
  known: readonly ConfigProblem[],
  fileReadable: boolean,
): boolean {
  if (origin === undefined && known.some((other) => other.path === path)) return false;
  if (!fileReadable && (origin === undefined || origin.from === 'file')) return false;
  return (
    origin?.from !== 'file' ||
    !known.some((other) => other.path !== '' && (path === other.path || other.path.startsWith(`${path}[`)))
  );
}
