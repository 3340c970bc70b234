import { baseUrl } from '../../settings/addresses.ts';
import { BadValue, type Kind } from '../../settings/kind.ts';
import { duration } from '../../settings/quantities.ts';
import { headerSecret } from '../../settings/secrets.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { matching, oneOf, yesOrNo } from '../../settings/texts.ts';
import { isRecord } from '../../values/is-record.ts';
import type { SettingsOf } from '../agent-type.ts';
import { type BodyTemplate, compileBody } from '../body-template.ts';
import { jsonPath, jsonPaths } from '../json-path.ts';
import { usagePlaces } from '../read-result.ts';
import { compileHeaders, compileUrl, headerTemplates, TASK_ROOTS } from '../task-templates.ts';

/** A request as data. Path, headers and body are templates. */
export interface RemoteRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the agent's `url`; empty: that itself. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyTemplate;
}

/** What the templates of requests read, beside the task. */
export const REMOTE_ROOTS = [...TASK_ROOTS, 'call_key', 'remote_agent', 'handle'] as const;

/** What a status of the remote agent means. One that is not listed means that it works. */
export const STATUS_OUTCOMES = [
  'completed',
  'failed',
  'timed_out',
  'canceled',
  'refused',
  'cut_off',
  'input_required',
] as const;
export type StatusOutcome = (typeof STATUS_OUTCOMES)[number];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const FORM = '{method: POST, path: /runs, body: {input: "{{ text }}"}}';

const request: Kind<RemoteRequest> = {
  accepts: 'block: `method`, `path`, `headers`, `body`',
  read(value) {
    if (!isRecord(value)) throw new BadValue(`is not a request: write ${FORM}`);
    const { method = 'POST', path = '', headers = {}, body, ...rest } = value;
    if (Object.keys(rest).length > 0) throw new BadValue(`has a part that is not known: write ${FORM}`);
    if (typeof path !== 'string' || !/^(?:\/\S*( \S+)*)?$/.test(path)) {
      throw new BadValue('has a path that does not begin with a slash: write path: /runs', 'the request');
    }
    compileUrl(`http://host${path === '' ? '/' : path}`, REMOTE_ROOTS);
    if (!isRecord(headers)) throw new BadValue(`has no block of headers: write ${FORM}`);
    compileHeaders(headers as Record<string, string>, REMOTE_ROOTS);
    if (body !== undefined && !isRecord(body)) throw new BadValue(`has a body that is not a block: write ${FORM}`);
    if (body !== undefined) compileBody(body, REMOTE_ROOTS);
    return {
      method: oneOf(METHODS).read(method),
      path,
      headers: headers as Record<string, string>,
      ...(body !== undefined && { body }),
    };
  },
  show: ({ method, path }) => `${method} ${path}`,
};

const handlePaths: Kind<Readonly<Record<string, string>>> = {
  accepts: 'block: name and JSONPath',
  read(value) {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      throw new BadValue('is not a block of places: write {id: $.run_id}');
    }
    return Object.fromEntries(Object.entries(value).map(([name, path]) => [name, jsonPath.read(path)]));
  },
  show: (value) => value,
};

const statuses: Kind<Readonly<Record<string, StatusOutcome>>> = {
  accepts: `block: status and one of ${STATUS_OUTCOMES.map((word) => `\`${word}\``).join(', ')}`,
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block of statuses: write {done: completed, error: failed}');
    const outcome = oneOf(STATUS_OUTCOMES);
    return Object.fromEntries(Object.entries(value).map(([status, meaning]) => [status, outcome.read(meaning)]));
  },
  show: (value) => value,
};

/** The names of the presets, beside the table because both need the other's types. */
export const PRESET_NAMES = ['hermes', 'openai-responses', 'langgraph', 'a2a', 'a2a-0.3'] as const;

const BY_PRESET = "the preset's";

export const remoteSettings = {
  preset: optionalSetting(oneOf(PRESET_NAMES), {
    defaultText: 'none: `start`, `handle`, `poll`, `status`, `statuses` and `output` are needed',
    help: 'Which agent it is. Each further setting takes the place of the one of the preset.',
  }),
  url: setting(baseUrl, { help: 'Base URL, below which the paths of the requests are.' }),
  api_key: optionalSetting(headerSecret, {
    secret: true,
    defaultText: 'none',
    help: 'Sent as `Authorization: Bearer`; for any other form use `headers`.',
  }),
  headers: optionalSetting(headerTemplates, { secret: true, defaultText: 'none', help: 'Headers of every request.' }),
  remote_agent: optionalSetting(
    matching({ noun: 'name', pattern: /^[^\s]{1,200}$/, fix: 'write it as the remote side does, without spaces' }),
    {
      defaultText: 'none',
      help: 'What the remote side calls the agent: the model with `openai-responses`, the assistant with `langgraph`.',
    },
  ),
  start: optionalSetting(request, {
    secret: true,
    defaultText: BY_PRESET,
    help: 'The request that starts the work. Templates read what those of `http` do, and `call_key`, which is another one for each paid call.',
  }),
  handle: optionalSetting(handlePaths, {
    defaultText: BY_PRESET,
    help: 'Where the answer to it has what names the work: `{id: $.run_id}`. The requests below read it as `handle.id`.',
  }),
  answered: optionalSetting(jsonPaths, {
    defaultText: BY_PRESET,
    help: 'Where the answer to `start` has the text, if there is no handle because the work is done.',
  }),
  poll: optionalSetting(request, {
    secret: true,
    defaultText: BY_PRESET,
    help: 'The request that asks for the status.',
  }),
  cancel: optionalSetting(request, { secret: true, defaultText: BY_PRESET, help: 'The request that ends the work.' }),
  result: optionalSetting(request, {
    secret: true,
    defaultText: BY_PRESET,
    help: 'The request for the result, where the answer to `poll` does not have it.',
  }),
  status: optionalSetting(jsonPath, { defaultText: BY_PRESET, help: 'Where the answer to `poll` has the status.' }),
  statuses: optionalSetting(statuses, {
    defaultText: BY_PRESET,
    help: 'What the statuses that end the work mean. Any other one means that the agent works.',
  }),
  output: optionalSetting(jsonPaths, {
    defaultText: BY_PRESET,
    help: 'Where the text of the answer stands. Several texts at one place are joined.',
  }),
  ...usagePlaces('the result'),
  idempotent: optionalSetting(yesOrNo, {
    defaultText: BY_PRESET,
    help: 'Whether the agent starts the work once for each `call_key`. Only then is `start` repeated where its answer was lost with the worker.',
  }),
  poll_interval: setting(duration({ min: '50ms', max: '1h' }), { default: '2s', help: 'Delay between two polls.' }),
};

export type RemoteSettings = SettingsOf<typeof remoteSettings>;
