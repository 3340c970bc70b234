import type { z } from 'zod';
import { type CompiledSources, compileSources } from '../sources/compile-sources.ts';
import { answer, formatDuration, LARGEST_PAYLOAD } from '../settings/quantities.ts';
import { GENERATE_SECRET, isWeak, MIN_SECRET_LENGTH } from '../settings/secrets.ts';
import type { Mode } from './layers.ts';
import { formatPath, getAt, type Path } from './raw-settings.ts';
import { checkSchedules } from './check-schedules.ts';
import type { Settings } from './schema.ts';

/** A fault that no value has by itself. */
interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** Whether a setting could be read, whatever may be wrong below it. */
type IsSound = (...path: Path) => boolean;

/**
 * Checks settings against each other, for `superRefine`, and compiles the sources. It also runs where single values are
 * faulty, so that one message lists everything, and skips what such a fault affects.
 *
 * @returns the sources; complete where the context has no issue
 */
export function crossCheck(read: Settings, context: z.RefinementCtx, mode: Mode): CompiledSources {
  const faulty = faultyPaths(context.issues);
  const isSound: IsSound = (...path) => !faulty.some((at) => isWithin(path, at));
  const isWhole: IsSound = (...path) => isSound(...path) && !faulty.some((at) => isWithin(at, path));
  const sources = compileWhole(read, isSound, isWhole);
  const findings = [
    ...checkClients(read, isSound),
    ...(mode === 'production' ? findWeakSecrets(read, isSound) : []),
    ...checkStreams(read, isSound),
    ...checkBodyBudget(read, isSound),
    ...checkAgents(read, isSound),
    // An agent with a bad name is not among those that were read.
    ...(faulty.some(([place]) => place === 'agents') ? [] : checkForAgent(read)),
    ...checkSchedules(read, isSound),
    ...checkSources(read, isSound),
    ...checkApprovals(read, isSound),
    ...sources.faults.map(({ path, message }) => ({ path: ['sources', ...path], message })),
    ...(isSound('default_agent') ? checkAgentName(read, isSound, read.default_agent, ['default_agent']) : []),
  ];
  for (const { path, message } of findings) context.addIssue({ code: 'custom', path: [...path], message });
  return sources;
}

/** Compiles the sources that could be read whole, by what of the other settings could be read. */
function compileWhole(read: Settings, isSound: IsSound, isWhole: IsSound): CompiledSources {
  const whole = isSound('sources') ? Object.entries(read.sources).filter(([name]) => isWhole('sources', name)) : [];
  return compileSources(Object.fromEntries(whole), {
    clients: isSound('clients')
      ? read.clients.map(({ id, agents, allowed_user_ids: users }, index) => ({
          id,
          agents,
          allowed_user_ids: isSound('clients', index, 'allowed_user_ids') ? users : undefined,
        }))
      : undefined,
    agents: isSound('agents') ? Object.keys(read.agents) : undefined,
    endpointPath: isSound('endpoint_path') ? read.endpoint_path : undefined,
    hasPublicUrl: !isSound('public_url') || read.public_url !== undefined,
  });
}

/** A body that is larger than the budget could never be received. */
function checkBodyBudget({ limits, sources }: Settings, isSound: IsSound): Finding[] {
  if (!isSound('limits', 'body_budget')) return [];
  const bodies: [Path, number | undefined][] = [
    [['limits', 'body'], isSound('limits', 'body') ? limits.body : undefined],
    ...(isSound('sources') ? Object.entries(sources) : []).map(([name, source]): [Path, number | undefined] => {
      const path = ['sources', name, 'body_limit'];
      return [path, isSound(...path) ? source.body_limit : undefined];
    }),
  ];
  return bodies
    .filter(([, body]) => body !== undefined && body > limits.body_budget)
    .map(([path]) => ({
      path,
      message: `is larger than limits.body_budget (${limits.body_budget} bytes): raise that, or lower this`,
    }));
}

/** Secrets that verify or sign, and are short enough to be guessed from one signed body. */
function findWeakSecrets(read: Settings, isSound: IsSound): Finding[] {
  const paths: readonly Path[] = [
    ...(isSound('clients') ? read.clients : []).flatMap((_, index) =>
      ['webhook_secret', 'api_key', 'callback_secret'].map((key) => ['clients', index, key]),
    ),
    ['callback', 'dead_letter_secret'],
    ['codec_server', 'token'],
    ...Object.keys(isSound('sources') ? read.sources : {}).map((name) => ['sources', name, 'secret']),
  ];
  // Any Standard Webhooks library takes a whsec_ secret as it is. A sender of another scheme, or a bearer key, needs no form.
  const isSigned = (path: Path): boolean =>
    path[0] !== 'sources' && path.at(-1) !== 'api_key' && path.at(-1) !== 'token';
  const messageFor = (path: Path): string =>
    `has a value shorter than ${MIN_SECRET_LENGTH} characters, which can be guessed: generate one with "${isSigned(path) ? GENERATE_SECRET : 'openssl rand -hex 20'}"`;
  return paths.flatMap((path) => {
    const secrets = isSound(...path) ? getAt(read, path) : undefined;
    return Array.isArray(secrets) && (secrets as readonly string[]).some(isWeak)
      ? [{ path, message: messageFor(path) }]
      : [];
  });
}

function isWithin(path: Path, other: Path): boolean {
  return other.every((part, index) => part === path[index]);
}

/** Where something is wrong. An unknown key says nothing about those beside it. */
function faultyPaths(issues: z.RefinementCtx['issues']): Path[] {
  return issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => path ?? []);
}

function checkClients(read: Settings, isSound: IsSound): Finding[] {
  if (!isSound('clients')) return [];
  if (read.clients.length === 0) {
    return [{ path: ['clients'], message: 'is empty: add a client, or remove clients to configure one by variables' }];
  }
  const seen = new Map<string, Path>();
  return read.clients.flatMap((client, index) => {
    if (!isSound('clients', index)) return [];
    const findings: Finding[] = [];
    const claim = (value: string, path: Path, message: (other: string) => string): void => {
      const other = seen.get(value);
      if (other === undefined) seen.set(value, path);
      else if (other[1] !== index) findings.push({ path, message: message(formatPath(other)) });
    };
    const at = (key: string): Path => ['clients', index, key];
    if (isSound(...at('id'))) {
      claim(`id ${client.id}`, at('id'), (other) => `is the same as ${other}: each client needs its own id`);
    }
    for (const key of ['webhook_secret', 'api_key'] as const) {
      if (!isSound(...at(key))) continue;
      for (const secret of client[key] ?? []) {
        claim(`${key} ${secret}`, at(key), (other) => `has a value that ${other} also has: give each client its own`);
      }
    }
    if (isSound(...at('allowed_user_ids')) && client.allowed_user_ids?.length === 0) {
      const message = 'is empty, which refuses every task: add a user id, or remove the setting';
      findings.push({ path: at('allowed_user_ids'), message });
    }
    if (isSound(...at('callback_headers')) && isSound(...at('allowed_callback_domains')) && areUnbound(client)) {
      const message =
        'has no hosts, so a caller could have these headers sent to any address: write {hosts: [ci.example.com], headers: {…}} with the hosts that may receive them';
      findings.push({ path: at('callback_headers'), message });
    }
    if (isSound(...at('agents'))) {
      for (const name of client.agents ?? []) findings.push(...checkAgentName(read, isSound, name, at('agents')));
    }
    for (const [key, names] of [
      ['workflows', client.workflows ?? []],
      ['workflow', client.workflow === undefined ? [] : [client.workflow]],
    ] as const) {
      if (isSound(...at(key))) findings.push(...checkWorkflowNames(read, isSound, names, at(key)));
    }
    return findings;
  });
}

/** Whether callback headers name no hosts, and nothing else limits where callbacks go. */
function areUnbound({
  callback_headers: bound,
  allowed_callback_domains: domains,
}: Settings['clients'][number]): boolean {
  return bound !== undefined && bound.hosts === undefined && domains.length === 0;
}

function checkStreams({ limits }: Settings, isSound: IsSound): Finding[] {
  const [path, other] = [
    ['limits', 'stream_keep_alive'],
    ['limits', 'stream_stalled_timeout'],
  ] as const;
  if (!isSound(...path) || !isSound(...other) || limits.stream_keep_alive < limits.stream_stalled_timeout) return [];
  const [alive, stalled] = [formatDuration(limits.stream_keep_alive), formatDuration(limits.stream_stalled_timeout)];
  const message = `is ${alive} and stream_stalled_timeout is ${stalled}, which closes every idle stream: make stream_keep_alive the shorter one`;
  return [{ path, message }];
}

const MAX_IN_TEMPORAL = answer.read(LARGEST_PAYLOAD);

function checkAgents(read: Settings, isSound: IsSound): Finding[] {
  if (!isSound('agents')) return [];
  const large = isSound('payloads') && read.payloads.storage === undefined ? MAX_IN_TEMPORAL : Infinity;
  const tooLarge = Object.entries(read.agents).flatMap(([name, agent]): Finding[] => {
    const path = ['agents', name, 'max_answer_bytes'];
    // An agent of an unknown type has none.
    if (!isSound(...path) || !(agent.max_answer_bytes > large)) return [];
    const fix = 'set payloads.storage (PAYLOAD_STORAGE), or lower it';
    return [{ path, message: `is more than Temporal takes, which is ${LARGEST_PAYLOAD}: ${fix}` }];
  });
  const findings = Object.entries(read.agents).flatMap(([name, agent]) => {
    const at = (key: string): Path => ['agents', name, key];
    const both = isSound(...at('type')) && isSound(...at('attempt_timeout')) && isSound(...at('total_timeout'));
    if (!both || agent.total_timeout >= agent.attempt_timeout) return [];
    const [total, one] = [formatDuration(agent.total_timeout), formatDuration(agent.attempt_timeout)];
    return [
      {
        path: at('total_timeout'),
        message: `is ${total}, shorter than attempt_timeout (${one}): raise it to at least ${one}, or lower attempt_timeout`,
      },
    ];
  });
  return [...findings, ...tooLarge];
}

function checkForAgent({ agents }: Settings): Finding[] {
  if (Object.keys(agents).length > 0) return [];
  return [{ path: ['agents'], message: 'is empty: add an agent, or remove agents to use the default one' }];
}

function checkSources(read: Settings, isSound: IsSound): Finding[] {
  if (!isSound('sources')) return [];
  return Object.entries(read.sources).flatMap(([name, { workflow, agent }]) => {
    const path = ['sources', name, 'workflow'];
    if (workflow === undefined || !isSound(...path)) return [];
    const both = { path, message: 'cannot be combined with agent: keep one of them' };
    return [...(agent === undefined ? [] : [both]), ...checkWorkflowNames(read, isSound, [workflow], path)];
  });
}

/** A callback that tells of a question has the link that answers it: whoever sends an event must not choose where that goes. */
function checkApprovals(read: Settings, isSound: IsSound): Finding[] {
  if (!isSound('sources') || !isSound('clients') || read.answer_link_secret === undefined) return [];
  const tells = read.clients.filter(({ callback_questions: told }) => told).map(({ id }) => id);
  return Object.entries(read.sources).flatMap(([name, { client = read.clients[0]?.id, approval, map }]) => {
    const path = ['sources', name, 'map', 'callback_url'];
    const isOfTheEvent = map.callback_url?.trimStart().startsWith('{') === true;
    if (client === undefined || !tells.includes(client) || !approval.required || !isOfTheEvent) return [];
    const message =
      'is chosen by the event: its sender would get the link and could approve its own task: write scheme and host, or take callback_questions from the client';
    return isSound(...path) ? [{ path, message }] : [];
  });
}

function checkWorkflowNames(
  { workflows = {} }: Settings,
  isSound: IsSound,
  names: readonly string[],
  path: Path,
): Finding[] {
  if (!isSound('workflows')) return [];
  const known = Object.keys(workflows).join(', ');
  const fix = known === '' ? 'define it under workflows' : `use one of ${known}`;
  return names
    .filter((name) => !Object.hasOwn(workflows, name))
    .map((name) => ({ path, message: `names the workflow "${name}", which is not defined: ${fix}` }));
}

function checkAgentName(read: Settings, isSound: IsSound, name: string | undefined, path: Path): Finding[] {
  if (name === undefined || !isSound('agents') || Object.hasOwn(read.agents, name)) return [];
  return [
    {
      path,
      message: `names the agent "${name}", which is not defined: use one of ${Object.keys(read.agents).join(', ')}`,
    },
  ];
}
