import { z } from 'zod';
import { BadValue, type Kind, listOf, readEach } from '../settings/kind.ts';
import { size, wholeNumber } from '../settings/quantities.ts';
import { sourceSecrets } from '../settings/secrets.ts';
import { matching, name as clientId, oneOf, yesOrNo } from '../settings/texts.ts';
import { sessionPolicy } from '../settings/session-policy.ts';
import { formerBlockName, optionalSetting, setting } from '../settings/setting.ts';
import {
  ALGORITHM_NAMES,
  CREDENTIALS,
  ENCODINGS,
  KEY_ENCODINGS,
  SEPARATORS,
  TIMESTAMP_UNITS,
} from '../signatures/signing-options.ts';
import { isRecord } from '../values/is-record.ts';

const MAX_TEMPLATE = 20_000;
const MAX_METADATA = 32;

/** The path of a source. */
const sourcePath = matching({
  noun: 'plain path',
  pattern: /^(?:\/[\w.~-]+)+$/,
  fix: 'write it as /hooks/github, without a trailing slash',
});

/** The name of a header, of any case. */
const headerName = matching({
  noun: 'header name',
  pattern: /^[\w!#$%&'*+.^`|~-]{1,100}$/,
  fix: 'write it as X-Event-Type, without a colon',
});

/** An event type as a sender names it; a `*` at the end stands for any rest. */
const eventType = matching({
  noun: 'event type',
  pattern: /^[^\s*]{0,200}\*?$/,
  fix: 'write it as the sender does, such as pull_request or invoice.*',
});

/** A short text that is checked where sources are compiled. */
const shortText = matching({
  noun: 'text',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]{1,500}$/,
  fix: 'write 1 to 500 characters on one line; quote special characters',
});

/** A template, which is parsed where sources are compiled. */
const template: Kind<string> = {
  accepts: 'template',
  read(value) {
    // Without quotes YAML reads the braces as a block of its own.
    if (typeof value !== 'string') {
      throw new BadValue('is not text: put the template in quotes, or write it indented after "|"');
    }
    if (value.length <= MAX_TEMPLATE) return value;
    throw new BadValue(`is longer than ${MAX_TEMPLATE} characters: shorten it`, 'the template');
  },
  show: (value) => value,
};

/** Templates by names that the operator chooses. */
const templates: Kind<Readonly<Record<string, string>>> = {
  accepts: 'block: name and template',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block: write one "name: template" per line');
    const entries = Object.entries(value);
    if (entries.length > MAX_METADATA) throw new BadValue(`has more than ${MAX_METADATA} entries: remove some`);
    const read = readEach(
      entries,
      ([name, text]) => [checkKey(name), template.read(text)] as const,
      ([name]) => `the entry ${name.slice(0, 64)}`,
    );
    return Object.fromEntries(read);
  },
  show: (value) => value,
};

/** A filter, which is parsed where sources are compiled. */
const filter: Kind<Readonly<Record<string, unknown>>> = {
  accepts: 'block: conditions',
  read(value) {
    if (isRecord(value)) return value;
    throw new BadValue('is not a block of conditions: write one "event.field: value" per line');
  },
  show: (value) => value,
};

function checkKey(name: string): string {
  if (/^[\w.-]{1,64}$/.test(name)) return name;
  throw new BadValue('has an invalid name: use up to 64 letters, digits, dots, dashes or underscores');
}

/** The preset has a value unless the file sets one. */
const BY_PRESET = "the preset's";

/** How a sender proves itself that no named scheme covers. Without a place of the proof the block is absent. */
export const signing = z
  .strictObject({
    header: optionalSetting(headerName, {
      defaultText: 'none',
      help: 'Header with the proof. Set one of `header`, `query`, `field` and `authorization`.',
    }),
    query: optionalSetting(shortText, { defaultText: 'none', help: 'Query parameter with the proof.' }),
    field: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Field of the body with the proof, of JSON or of a form, such as `signature.value`.',
    }),
    authorization: optionalSetting(oneOf(CREDENTIALS), {
      defaultText: 'none',
      help: 'The proof is what the header `Authorization` carries: a bearer token, or `user:password`.',
    }),
    algorithm: optionalSetting(oneOf(ALGORITHM_NAMES), {
      defaultText: '`sha256`',
      help: 'HMAC by this hash; `plain`: the secret itself is sent; the others: a public key, which is set as `secret`.',
    }),
    prefix: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Text before the signature, such as `sha256=`.',
    }),
    separator: optionalSetting(oneOf(SEPARATORS), {
      defaultText: 'none: one signature',
      help: 'Separator between several signatures; of a list `t=…,v1=…`, the comma unless set.',
    }),
    entry_prefix: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Text before each of several signatures, such as `v1=`. Others are skipped.',
    }),
    signature_key: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'For a header that is a list, `t=…,v1=…`: key of its signatures. Replaces `prefix` and `entry_prefix`.',
    }),
    timestamp_key: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Key of the timestamp in the same list.',
    }),
    timestamp_header: optionalSetting(headerName, {
      defaultText: 'none',
      help: 'Header with the timestamp. Replaces `timestamp_key`.',
    }),
    timestamp_field: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Field of the signed body with the timestamp. Replaces both.',
    }),
    timestamp_unit: optionalSetting(oneOf(TIMESTAMP_UNITS), {
      defaultText: '`s`',
      help: 'Seconds or milliseconds since 1970, or a time of RFC 3339.',
    }),
    window_seconds: optionalSetting(wholeNumber({ min: 1, max: 86_400 }), {
      defaultText: '300',
      help: 'Largest difference between the timestamp and the clock of this server, in seconds.',
    }),
    encoding: optionalSetting(oneOf(ENCODINGS), {
      defaultText: '`hex`; `base64` for public keys',
      help: 'Encoding of the signature.',
    }),
    key_encoding: optionalSetting(oneOf(KEY_ENCODINGS), {
      defaultText: '`text`',
      help: 'Encoding of the secret of an HMAC.',
    }),
    template: optionalSetting(shortText, {
      defaultText: '`{body}`',
      help: 'Signed text, with `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}`, `{path}`, `{query:name}`, `{header:Name}`, and in place of the body `{form}` or `{field:name}`.',
    }),
    id_header: optionalSetting(headerName, { defaultText: 'none', help: 'Header with the delivery id.' }),
    id_field: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Top-level field of the body with the delivery id.',
    }),
  })
  .register(formerBlockName, { key: 'hmac' });

const map = z.strictObject({
  text: optionalSetting(template, { defaultText: BY_PRESET, help: 'Task for the agent.' }),
  session_key: optionalSetting(template, {
    defaultText: BY_PRESET,
    help: 'Session of the task. Omitted if the event lacks a value that the template uses.',
  }),
  user_id: optionalSetting(template, { defaultText: BY_PRESET, help: 'User that the task acts for.' }),
  user_name: optionalSetting(template, { defaultText: BY_PRESET, help: 'Display name of that user.' }),
  callback_url: optionalSetting(template, {
    defaultText: 'none: the run is polled',
    help: "URL that receives the result, under the client's rules for callbacks.",
  }),
  input: optionalSetting(templates, {
    defaultText: 'none: the workflow is given the text',
    help: 'Object of texts that `workflow` is given. A field whose template finds nothing in the event is left out.',
  }),
  metadata: optionalSetting(templates, {
    defaultText: 'none',
    help: 'Data kept with the run. It shows in the Temporal UI and is passed to custom agents; Garudust does not get it, and the API does not return it.',
  }),
});

/** One source below `sources`. */
export const source = z.strictObject({
  preset: setting(shortText, { default: 'generic', help: 'Kind of sender; the page on sources lists the presets.' }),
  path: optionalSetting(sourcePath, { defaultText: '`/hooks/` and its name', help: 'Path that receives its events.' }),
  client: optionalSetting(clientId, {
    defaultText: 'the client, where there is one only',
    help: 'Client that owns the runs: its agents, callback rules and API keys apply.',
  }),
  secret: optionalSetting(sourceSecrets, {
    secret: true,
    defaultText: 'none: refuses to start',
    help: 'Secrets that verify deliveries; list several while rotating.',
  }),
  scheme: optionalSetting(shortText, { defaultText: BY_PRESET, help: 'Name of a signature scheme.' }),
  signing,
  unsigned: setting(yesOrNo, { default: false, help: 'Accept deliveries from anyone, without a secret.' }),
  body_limit: optionalSetting(size({ min: '1KiB', max: '25MiB' }), {
    defaultText: '`limits.body`',
    help: 'Largest body of a delivery. Bodies are not stored, so they may be larger than a task.',
  }),
  headers: setting(listOf(headerName, 'header names', 50), {
    default: [],
    help: "Headers that templates can read, beside the preset's.",
  }),
  delivery_id: optionalSetting(template, {
    defaultText: BY_PRESET,
    help: 'Identifies a delivery: a retry with the same id gets the same run.',
  }),
  event_type: optionalSetting(template, { defaultText: BY_PRESET, help: 'Where the type of an event is found.' }),
  events: optionalSetting(listOf(eventType, 'event types', 200), {
    defaultText: 'all',
    help: 'Event types that start a run; `invoice.*` matches all that start with `invoice.`.',
  }),
  filter: optionalSetting(filter, {
    defaultText: BY_PRESET,
    help: 'Conditions for an event to start a run; other events are ignored.',
  }),
  agent: optionalSetting(template, {
    defaultText: "the client's",
    help: 'Agent that runs the task: a name or a template.',
  }),
  workflow: optionalSetting(clientId, {
    defaultText: 'none: an agent runs the task',
    help: 'Workflow that runs instead of an agent, one of `workflows`.',
  }),
  session_policy: sessionPolicy(
    "the client's",
    'The same as `session_policy` of a client, for the events of this source.',
  ),
  map,
});

/** A source as the schema reads it, named as in the file. */
export type SourceSettings = z.infer<typeof source>;
