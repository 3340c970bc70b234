import { ConfigError } from '../../config/config-error.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/config.ts';
import { checkUrl } from '../../egress/check-url.ts';
import type { RawEvent } from '../../sources/raw-event.ts';
import { rehearseDelivery } from '../../ingress/tasks/parse-source-delivery.ts';
import type { Source } from '../../sources/source.ts';
import { PROBLEMS, ProblemError } from '../../protocol/problems.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import type { ExitName } from '../exit-codes.ts';
import { judgeSources, readSources } from '../../stack/read-sources.ts';
import { fillVariables } from './fill-variables.ts';
import { rehearsalToJson, showRehearsal } from './show-rehearsal.ts';

/** A delivery to try out. */
export interface TestDelivery {
  /** Name of the source. */
  readonly name: string;
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly json: boolean;
}

/**
 * Tells on stdout what a source would make of a delivery.
 *
 * @throws CliError `usage` for settings that can't be used and a source that is not there, `refused` for a delivery that
 * the server would answer with an error
 */
export async function testSource(
  { name, body, headers, json }: TestDelivery,
  flags: { readonly config?: string },
  io: CliIo,
): Promise<ExitName> {
  const config = readConfig(flags, io);
  const source = findSource(name, readSources(config));
  const raw = toRawEvent(body, headers, source);
  const deps = {
    clients: config.clients,
    agents: new Map(config.agents.map((agent) => [agent.name, agent.policy])),
    defaultAgent: config.defaultAgent,
    callback: config.callback,
    checkUrl,
  };
  const rehearsal = await rehearseDelivery(source, raw, deps).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
    const { status } = PROBLEMS[error.code];
    throw new CliError('refused', `No task would start, and the answer would be ${status}: ${error.detail}`);
  });
  io.stdout.write(json ? `${JSON.stringify(rehearsalToJson(rehearsal), null, 2)}\n` : showRehearsal(source, rehearsal));
  return rehearsal.kind === 'task' ? 'ok' : 'nothingStarted';
}

function readConfig(flags: { readonly config?: string }, { env, cwd }: CliIo): Config {
  try {
    const given = fillVariables({ flags, env, cwd });
    return loadConfig({ mode: 'dev', flags, env: given, cwd, judgeSources }).config;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
}

function findSource(name: string, sources: ReadonlyMap<string, Source>): Source {
  const source = sources.get(name);
  if (source !== undefined) return source;
  const known = [...sources.keys()];
  const mend = known.length === 0 ? 'the settings file has none' : `the sources are ${known.join(', ')}`;
  throw new CliError('usage', `There is no source "${name}": ${mend}.`);
}

function toRawEvent(body: Buffer, headers: TestDelivery['headers'], { preset }: Source): RawEvent {
  const distinct: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (distinct[name] ??= []).push(value);
  if (distinct['content-type'] === undefined) distinct['content-type'] = [guessType(body, distinct, preset)];
  return { headers: distinct, body };
}

function guessType(body: Buffer, headers: Record<string, unknown>, { grantsOrigins }: Source['preset']): string {
  if (!/^\s*(?:[[{"\d-]|true|false|null|$)/.test(body.toString('utf8', 0, 64)))
    return 'application/x-www-form-urlencoded';
  const isStructured = grantsOrigins === true && headers['ce-specversion'] === undefined;
  return isStructured ? 'application/cloudevents+json' : 'application/json';
}
