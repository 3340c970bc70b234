import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toAgentPolicy } from '../../agents/agent-policy-settings.ts';
import { ConfigError } from '../../config/config-error.ts';
import { DEFAULT_FILE, FILE_VARIABLE, type LoadedConfig, loadConfig } from '../../config/load-config.ts';
import { checkUrl } from '../../egress/check-url.ts';
import type { IncomingEvent } from '../../sources/preset.ts';
import { rehearseDelivery } from '../../ingress/tasks/source-delivery.ts';
import type { Source } from '../../sources/source.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import { PROBLEMS } from '../../protocol/problems.ts';
import { CliError, type ExitName } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { explainSignature, STAND_IN } from './explain-signature.ts';
import { rehearsalToJson, showRehearsal } from './show-rehearsal.ts';

/** A delivery to test. */
export interface TestDelivery {
  /** Name of the source. */
  readonly name: string;
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly json: boolean;
}

/**
 * Prints the task that a delivery would start, or why it would start none.
 *
 * @throws CliError `usage` for settings that can't be used and a source that is not there, `refused` for a delivery that
 * the server would answer with an error
 */
export async function testSource(
  { name, body, headers, json }: TestDelivery,
  flags: { readonly config?: string },
  io: CliIo,
): Promise<ExitName> {
  const { config, warnings } = readConfig(flags, io);
  const source = findSource(name, config.sources);
  for (const warning of warnings.filter((line) => line.startsWith(`sources.${name}.`))) {
    io.stderr.write(`warning: ${warning}\n`);
  }
  const raw = toRawEvent(body, headers, source);
  const signature = explainSignature(
    source,
    { ...raw, url: (config.publicUrl ?? 'http://localhost') + source.path },
    [...config.sources.values()].flatMap(({ name: other, proof }) =>
      proof.kind === 'signed' && other !== name ? [[other, proof.secrets] as const] : [],
    ),
  );
  if (signature !== undefined) io.stderr.write(`${signature}\n`);
  const deps = {
    clients: config.clients,
    agents: new Map(config.agents.map((agent) => [agent.name, toAgentPolicy(agent)])),
    defaultAgent: config.defaultAgent,
    callback: config.callback,
    checkUrl,
  };
  const rehearsals = await rehearseDelivery(source, raw, deps).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
    const { status } = PROBLEMS[error.code];
    throw new CliError('refused', `The server would reject this event with ${status}: ${error.detail}`);
  });
  const [first, ...more] = rehearsals.map(rehearsalToJson);
  if (json) io.stdout.write(`${JSON.stringify(more.length === 0 ? first : [first, ...more], null, 2)}\n`);
  else io.stdout.write(rehearsals.map((rehearsal) => showRehearsal(source, rehearsal)).join('\n'));
  return rehearsals.some(({ kind }) => kind === 'task') ? 'ok' : 'nothingStarted';
}

function readConfig(flags: { readonly config?: string }, { env, cwd }: CliIo): LoadedConfig {
  try {
    const given = fillVariables({ flags, env, cwd });
    return loadConfig({ mode: 'dev', flags, env: given, cwd });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
}

function findSource(name: string, sources: ReadonlyMap<string, Source>): Source {
  const source = sources.get(name);
  if (source !== undefined) return source;
  const known = [...sources.keys()];
  const fix = known.length === 0 ? 'the settings file defines none' : `the sources are ${known.join(', ')}`;
  throw new CliError('usage', `There is no source "${name}": ${fix}.`);
}

function toRawEvent(body: Buffer, headers: TestDelivery['headers'], { preset }: Source): IncomingEvent {
  const distinct: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (distinct[name] ??= []).push(value);
  if (distinct['content-type'] === undefined) distinct['content-type'] = [guessType(body, distinct, preset)];
  return { headers: distinct, body, query: new URLSearchParams() };
}

function guessType(body: Buffer, headers: Record<string, unknown>, { grantsOrigins }: Source['preset']): string {
  if (!/^\s*(?:[[{"\d-]|true|false|null|$)/.test(body.toString('utf8', 0, 64)))
    return 'application/x-www-form-urlencoded';
  if (grantsOrigins !== true || headers['ce-specversion'] !== undefined) return 'application/json';
  return /^\s*\[/.test(body.toString('utf8', 0, 64))
    ? 'application/cloudevents-batch+json'
    : 'application/cloudevents+json';
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Stands in for the variables that a settings file takes from the environment and that are not set. Most are secrets,
 * which nobody has at hand where a source is tried out, and nothing is signed or verified there.
 *
 * @returns the environment with a text for each of them
 */
function fillVariables({
  flags,
  env,
  cwd,
}: {
  readonly flags: { readonly config?: string };
  readonly env: Env;
  readonly cwd: string;
}): Env {
  const text = readText(resolve(cwd, flags.config ?? (env[FILE_VARIABLE] || DEFAULT_FILE)));
  const missing = [...text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)].flatMap(([, name]) =>
    name === undefined || env[name] !== undefined ? [] : [[name, STAND_IN + name]],
  );
  return { ...env, ...(Object.fromEntries(missing) as Env) };
}

/** Whoever reads the file next reports that it can't be read. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
