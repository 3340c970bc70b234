import { baseScope, COMMON_HEADERS, fullScope, isSecretHeader, type Scope } from './event-view.ts';
import { compileFilter, type Filter } from './filter.ts';
import { findPreset, PRESETS } from './presets.ts';
import type { Preset } from './preset.ts';
import { readProof } from './read-proof.ts';
import { RuleError } from './rule-error.ts';
import type { Source, SourceOptions, TaskMap } from './source.ts';
import { type Collect, collectInto, type SourceFault } from './source-faults.ts';
import { compileTemplate, type Template } from './template.ts';

export type CompiledSource =
  { readonly ok: true; readonly source: Source } | { readonly ok: false; readonly faults: readonly SourceFault[] };

/** The name that the tasks posted to `/webhook` have as their source. */
const RESERVED_NAME = 'webhook';
/** Paths that are spoken for, whatever is configured. */
const TAKEN_PATH = /^\/(?:webhook|healthz|readyz|metrics|openapi\.json|v1(?:\/.*)?)$/;

/** Reads a source whole: scheme, secrets, templates and filter. Tells every fault, not only the first. */
export function compileSource(options: SourceOptions): CompiledSource {
  const faults: SourceFault[] = [];
  const collect = collectInto(faults);
  const { name, client } = options;
  collect([], () => checkName(name));
  const preset = collect(['preset'], () => readPreset(options.preset ?? 'generic'));
  // Without it most of the rest would seem to be wrong, too.
  if (preset === undefined) return { ok: false, faults };
  const path = collect(['path'], () => checkPath(options.path ?? `/hooks/${name}`));
  const proof = readProof(options, preset, collect);
  const headers = listHeaders(options.headers ?? [], preset);
  collect(['headers'], () => refuseSecrets(headers));
  const [base, full] = [baseScope(headers), fullScope(headers)];
  const template = (key: string, text: string | undefined, scope: Scope): Template | undefined =>
    text === undefined ? undefined : collect([key], () => compileTemplate(text, scope));
  const map = compileMap(options, preset, full, collect);
  const source = {
    name,
    client,
    preset,
    bodyBytes: options.bodyBytes,
    headers,
    ownDeliveryId: template('delivery_id', options.deliveryId, base),
    presetDeliveryId: template('delivery_id', preset.deliveryId, base),
    eventType: template('event_type', options.eventType ?? preset.eventType, base),
    events: options.events,
    filter: compileOwnFilter(options.filter ?? preset.filter, full, collect),
    agent: template('agent', options.agent, full),
  };
  collect(['events'], () => checkEvents(options, preset));
  if (faults.length > 0 || path === undefined || proof === undefined || map === undefined) return { ok: false, faults };
  return { ok: true, source: { ...source, path, proof, map } };
}

function checkName(name: string): void {
  if (name === RESERVED_NAME) throw new RuleError('is the name of what is posted to /webhook: choose another');
}

function readPreset(name: string): Preset {
  const preset = findPreset(name);
  if (preset !== undefined) return preset;
  throw new RuleError(`is "${name}", which is not known: write one of ${Object.keys(PRESETS).join(', ')}`);
}

function checkPath(path: string): string {
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) throw new RuleError(`is "${path}", no plain path: write it like /hooks/github`);
  if (TAKEN_PATH.test(path)) throw new RuleError(`is ${path}, which is taken: choose another, such as /hooks/github`);
  return path;
}

function checkEvents({ events, eventType }: SourceOptions, preset: Preset): void {
  if (events?.length === 0) throw new RuleError('is an empty list, so that every event would be ignored: leave it out');
  if (events !== undefined && eventType === undefined && preset.eventType === undefined) {
    throw new RuleError('needs event_type: say where an event has its type');
  }
}

function listHeaders(names: readonly string[], preset: Preset): readonly string[] {
  return [...new Set([...COMMON_HEADERS, ...preset.headers, ...names.map((name) => name.toLowerCase())])];
}

function refuseSecrets(headers: readonly string[]): void {
  const secret = headers.find(isSecretHeader);
  if (secret !== undefined) throw new RuleError(`has ${secret}, which may carry a secret: leave it out`);
}

function compileOwnFilter(rule: unknown, scope: Scope, collect: Collect): Filter | undefined {
  return rule === undefined ? undefined : collect(['filter'], () => compileFilter(rule, scope));
}

function compileMap({ map = {} }: SourceOptions, preset: Preset, scope: Scope, collect: Collect): TaskMap | undefined {
  const compile = (key: string, text: string | undefined, ...below: readonly string[]): Template | undefined =>
    text === undefined ? undefined : collect(['map', key, ...below], () => compileTemplate(text, scope));
  const text = collect(['map', 'text'], () => compileText(map.text ?? preset.map.text, scope));
  const metadata = Object.entries(map.metadata ?? {}).flatMap(([name, value]): [string, Template][] => {
    const template = compile('metadata', value, name);
    return template === undefined ? [] : [[name, template]];
  });
  const rest = {
    sessionKey: compile('session_key', map.sessionKey ?? preset.map.session_key),
    userId: compile('user_id', map.userId ?? preset.map.user_id),
    userName: compile('user_name', map.userName ?? preset.map.user_name),
    callbackUrl: compile('callback_url', map.callbackUrl),
    metadata,
  };
  return text && { text, ...rest };
}

function compileText(text: string, scope: Scope): Template {
  if (text.trim() === '') throw new RuleError('is empty: say what the agent shall do');
  return compileTemplate(text, scope);
}
