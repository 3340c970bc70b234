import { baseScope, COMMON_HEADERS, fullScope, isSecretHeader } from './event-view.ts';
import { BODY_READERS } from './body-readers.ts';
import { compileFilter } from './filter.ts';
import { compileHandshake, type HandshakeRule, learnsSecret } from './handshakes.ts';
import type { Preset } from './preset.ts';
import { findPreset, PRESETS } from './presets.ts';
import { readProof } from './read-proof.ts';
import { RuleError, suggest } from '../templates/rule-error.ts';
import type { TemplateUse } from '../templates/place-rules.ts';
import type { FindingCollector } from './source-findings.ts';
import { handshake, type SourceSettings } from './source-settings.ts';
import { toCamelCase } from '../settings/camel-case.ts';
import type { Source, TaskMap } from './source.ts';
import { parseEventList } from './split-delivery.ts';
import { compileTemplate, type Scope, type Template } from '../templates/template.ts';

/** The source name of tasks posted to `/webhook`. */
const RESERVED_NAME = 'webhook';
/** Paths that the server itself uses. */
const TAKEN_PATH = /^\/(?:webhook|healthz|readyz|metrics|openapi\.json|v1(?:\/.*)?)$/;

/** The templates whose values are judged by what they are used for. */
const USES: Readonly<Record<string, TemplateUse>> = {
  delivery_id: 'id',
  agent: 'key',
  'map.session_key': 'key',
  'map.user_id': 'user',
  'map.callback_url': 'url',
};

/**
 * Compiles a source: scheme, secrets, templates and filter. Collects every fault, not only the first.
 *
 * @param client id of the client that the runs belong to
 * @param hasPublicUrl whether `public_url` is set
 * @returns undefined if it has a fault
 */
export function compileSource(
  name: string,
  settings: SourceSettings,
  client: string,
  hasPublicUrl: boolean,
  findings: FindingCollector,
): Source | undefined {
  const before = findings.faults.length;
  findings.collect([], () => checkName(name));
  const preset = findings.collect(['preset'], () => readPreset(settings.preset));
  // Without a preset most of the rest would fail, too.
  if (preset === undefined) return undefined;
  const path = findings.collect(['path'], () => checkPath(settings.path ?? `/hooks/${name}`));
  const headers = listHeaders(settings.headers, preset);
  const rules = listHandshakes(settings.handshake, preset);
  const proof = readProof(settings, preset, { hasPublicUrl, mayLearnSecret: learnsSecret(rules) }, findings);
  const handshakes = findings.collect(['handshake'], () =>
    rules.map((rule) => {
      if (rule.kind === 'confirm_url' && settings.unsigned)
        throw new RuleError('of the kind confirm_url needs a sender that is verified: remove unsigned');
      return compileHandshake(rule, headers, settings.handshake.token);
    }),
  );
  findings.collect(['headers'], () => refuseSecrets(headers));
  const [base, full] = [baseScope(headers), fullScope(headers)];
  const compile = (scope: Scope, at: readonly string[], text: string | undefined): Template | undefined => {
    if (text === undefined) return undefined;
    const use = USES[at.join('.')];
    return findings.collect(at, (warn) => {
      if (at.at(-1) === 'text' && text.trim() === '') throw new RuleError('is empty: write what the agent should do');
      // A key has no spaces at its ends: those of the settings file, such as its last line break, are not part of it.
      return compileTemplate(use === undefined || use === 'id' ? text : text.trim(), scope, {
        field: at.join('.'),
        warn,
        use,
      });
    });
  };
  const map = compileMap(settings.map, preset, (key, text, ...below) => compile(full, ['map', key, ...below], text));
  const each = findings.collect(['each'], () =>
    (settings.each ?? preset.each ?? []).map((at) => parseEventList(at, base)),
  );
  const rule = settings.filter ?? preset.filter;
  const compiled = {
    name,
    client,
    preset,
    bodyLimit: settings.body_limit,
    read: settings.body === undefined ? preset.read : BODY_READERS[settings.body],
    identity: settings.identity,
    volatileFields: settings.volatile_fields ?? preset.volatileFields ?? [],
    answer: { status: settings.answer.status ?? preset.answer, body: settings.answer.body ?? 'run' },
    headers,
    ownDeliveryId: compile(base, ['delivery_id'], settings.delivery_id),
    presetDeliveryId: compile(base, ['delivery_id'], preset.deliveryId),
    eventType: compile(base, ['event_type'], settings.event_type ?? preset.eventType),
    events: settings.events,
    filter: rule && findings.collect(['filter'], (warn) => compileFilter(rule, full, warn)),
    agent: compile(full, ['agent'], settings.agent),
    workflow: settings.workflow,
    sessionPolicy: settings.session_policy,
    approval: toApproval(settings.approval),
  };
  findings.collect(['map', 'input'], () => checkInput(settings));
  findings.collect(['events'], () => checkEvents(settings, preset));
  findings.collect(['answer'], () => checkAnswer(compiled.answer));
  if (findings.faults.length > before || !path || !proof || !handshakes || !each || !map) return undefined;
  return { ...compiled, path, proof, handshakes, each, map };
}

function toApproval({
  required,
  question,
  timeout,
  default: otherwise,
}: SourceSettings['approval']): Source['approval'] {
  if (!required) return undefined;
  return { timeoutMs: timeout, default: otherwise, ...(question !== undefined && { question }) };
}

function checkName(name: string): void {
  if (name === RESERVED_NAME) throw new RuleError('is reserved for tasks posted to /webhook: choose another name');
}

function readPreset(name: string): Preset {
  const preset = findPreset(name);
  if (preset !== undefined) return preset;
  throw new RuleError(`is "${name}", which is not a preset: ${suggest(name, Object.keys(PRESETS))}`);
}

function checkPath(path: string): string {
  if (TAKEN_PATH.test(path))
    throw new RuleError(`is ${path}, which is already in use: choose another, such as /hooks/github`);
  return path;
}

function checkInput({ workflow, map }: SourceSettings): void {
  if (map.input !== undefined && workflow === undefined)
    throw new RuleError('is for a workflow, and an agent takes a text alone: add workflow, or remove it');
}

function checkEvents({ events, event_type: eventType }: SourceSettings, preset: Preset): void {
  if (events?.length === 0)
    throw new RuleError('is empty, which ignores every event: add a type, or remove the setting');
  if (events !== undefined && eventType === undefined && preset.eventType === undefined) {
    throw new RuleError('needs event_type: set where an event has its type');
  }
}

function checkAnswer({ status, body }: Source['answer']): void {
  if (status === 204 && body !== 'run' && body !== 'empty')
    throw new RuleError('has status 204, which has no body: remove body, or choose 200');
}

/** Those of the preset, and the one that the operator describes. */
function listHandshakes(own: SourceSettings['handshake'], preset: Preset): readonly HandshakeRule[] {
  const { kind, token: _, ...rest } = own;
  const described = kind === undefined ? [] : [{ kind, ...toCamelCase(handshake, rest) }];
  return [...(preset.handshakes ?? []), ...described];
}

function listHeaders(names: readonly string[], preset: Preset): readonly string[] {
  return [...new Set([...COMMON_HEADERS, ...preset.headers, ...names.map((name) => name.toLowerCase())])];
}

function refuseSecrets(headers: readonly string[]): void {
  const secret = headers.find(isSecretHeader);
  if (secret !== undefined) throw new RuleError(`lists ${secret}, which may carry a secret: remove it`);
}

function compileMap(
  map: SourceSettings['map'],
  preset: Preset,
  compile: (key: string, text: string | undefined, ...below: readonly string[]) => Template | undefined,
): TaskMap | undefined {
  const text = compile('text', map.text ?? preset.map.text);
  const compileAll = (key: 'input' | 'metadata'): [string, Template][] =>
    Object.entries(map[key] ?? {}).flatMap(([name, value]): [string, Template][] => {
      const template = compile(key, value, name);
      return template === undefined ? [] : [[name, template]];
    });
  const rest = {
    sessionKey: compile('session_key', map.session_key ?? preset.map.session_key),
    userId: compile('user_id', map.user_id ?? preset.map.user_id),
    userName: compile('user_name', map.user_name ?? preset.map.user_name),
    callbackUrl: compile('callback_url', map.callback_url),
    input: compileAll('input'),
    metadata: compileAll('metadata'),
  };
  return text && { text, ...rest };
}
