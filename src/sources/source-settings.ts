import { z } from 'zod';
import { BadValue, type Kind, listOf, readEach } from '../settings/kind.ts';
import { size, wholeNumber } from '../settings/quantities.ts';
import { sourceSecrets } from '../settings/secrets.ts';
import { matching, name as clientId, oneOf, yesOrNo } from '../settings/texts.ts';
import { optionalSetting, setting } from '../settings/setting.ts';

const MAX_TEMPLATE = 20_000;
const MAX_METADATA = 32;

/** The path of a source. */
const sourcePath = matching({
  noun: 'plain path',
  pattern: /^(?:\/[\w.~-]+)+$/,
  fix: 'write it like /hooks/github, without a slash at its end',
});

/** The name of a header, of any case. */
const headerName = matching({
  noun: 'header name',
  pattern: /^[\w!#$%&'*+.^`|~-]{1,100}$/,
  fix: 'write it like X-Event-Type, without a colon',
});

/** An event type as a sender names it, with `*` at its end for all that begin so. */
const eventType = matching({
  noun: 'event type',
  pattern: /^[^\s*]{0,200}\*?$/,
  fix: 'write it as the sender does, such as pull_request or invoice.*',
});

/** A short text of an option that is checked elsewhere. */
const shortText = matching({
  noun: 'text',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]{1,500}$/,
  fix: 'write 1 to 500 characters on one line, in quotes where they are special',
});

/** A template; whether it can be read is found out where sources are compiled. */
const template: Kind<string> = {
  accepts: 'template',
  read(value) {
    // Without quotes YAML reads the braces as a block of its own.
    if (typeof value !== 'string') {
      throw new BadValue('is not text: put the template in quotes, or write it below "|", indented');
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
    if (!isBlock(value)) throw new BadValue('is not a block: write one "name: template" a line');
    const entries = Object.entries(value);
    if (entries.length > MAX_METADATA) throw new BadValue(`has more than ${MAX_METADATA} entries: write fewer`);
    const read = readEach(
      entries,
      ([name, text]) => [checkKey(name), template.read(text)] as const,
      ([name]) => `the entry ${name.slice(0, 64)}`,
    );
    return Object.fromEntries(read);
  },
  show: (value) => value,
};

/** A filter; whether it can be read is found out where sources are compiled. */
const filter: Kind<Readonly<Record<string, unknown>>> = {
  accepts: 'block: conditions',
  read(value) {
    if (isBlock(value)) return value;
    throw new BadValue('is not a block of conditions: write one "event.field: value" a line');
  },
  show: (value) => value,
};

function checkKey(name: string): string {
  if (/^[\w.-]{1,64}$/.test(name)) return name;
  throw new BadValue('has a name with other characters: write up to 64 letters, digits, dots, dashes or underscores');
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the preset says unless the file does. */
const BY_PRESET = "the preset's";

/** How a sender signs, where no scheme has a name for it. Absent as a whole where `header` is. */
export const hmac = z.strictObject({
  header: optionalSetting(headerName, { defaultText: 'none', help: 'Header with the signature.' }),
  prefix: optionalSetting(shortText, {
    defaultText: 'none',
    help: 'What stands before the signature, such as `sha256=`.',
  }),
  separator: optionalSetting(oneOf([',', ' ']), {
    defaultText: 'none: one signature',
    help: 'What parts several signatures in the header.',
  }),
  signature_key: optionalSetting(shortText, {
    defaultText: 'none',
    help: 'The header is a list `t=…,v1=…`: key of the signatures in it, in place of `prefix` and `separator`.',
  }),
  timestamp_key: optionalSetting(shortText, {
    defaultText: 'none',
    help: 'Key of the timestamp in the same list.',
  }),
  timestamp_header: optionalSetting(headerName, {
    defaultText: 'none',
    help: 'Header with the timestamp, in seconds, in place of `timestamp_key`.',
  }),
  window_seconds: optionalSetting(wholeNumber({ min: 1, max: 86_400 }), {
    defaultText: '300',
    help: 'How far off the timestamp may be, either way.',
  }),
  algorithm: optionalSetting(oneOf(['sha256', 'sha512', 'sha1']), {
    defaultText: '`sha256`',
    help: 'Hash of the HMAC.',
  }),
  encoding: optionalSetting(oneOf(['hex', 'base64']), { defaultText: '`hex`', help: 'How the signature is written.' }),
  template: optionalSetting(shortText, {
    defaultText: '`{body}`',
    help: 'What is signed: text with `{body}`, `{timestamp}`, `{id}` and `{header:Name}`.',
  }),
  id_header: optionalSetting(headerName, { defaultText: 'none', help: 'Header with the delivery id.' }),
  id_field: optionalSetting(shortText, {
    defaultText: 'none',
    help: 'Top-level field of the body with the delivery id.',
  }),
});

const map = z.strictObject({
  text: optionalSetting(template, { defaultText: BY_PRESET, help: 'What the agent is asked.' }),
  session_key: optionalSetting(template, {
    defaultText: BY_PRESET,
    help: 'The conversation; left out where a part of it is not in the event.',
  }),
  user_id: optionalSetting(template, { defaultText: BY_PRESET, help: 'On whose behalf.' }),
  user_name: optionalSetting(template, { defaultText: BY_PRESET, help: 'Their name, for people.' }),
  callback_url: optionalSetting(template, {
    defaultText: 'none: the run is polled',
    help: "Where the outcome is posted. The client's rules for callbacks hold.",
  }),
  metadata: optionalSetting(templates, {
    defaultText: 'none',
    help: 'What else is said beside the task: people see it in the Temporal UI, and an agent of your own may read it. Garudust is not told, and the API does not show it.',
  }),
});

/** One source below `sources`. */
export const source = z.strictObject({
  preset: setting(shortText, { default: 'generic', help: 'What kind of sender it is: see the page on sources.' }),
  path: optionalSetting(sourcePath, { defaultText: '`/hooks/` and its name', help: 'Where it posts.' }),
  client: optionalSetting(clientId, {
    defaultText: 'the client, where there is one only',
    help: 'Whose runs they are: its agents, callback rules and API keys.',
  }),
  secret: optionalSetting(sourceSecrets, {
    secret: true,
    defaultText: 'none: refuses to start',
    help: 'Secrets that verify deliveries; several while rotating.',
  }),
  scheme: optionalSetting(shortText, { defaultText: BY_PRESET, help: 'Name of a signature scheme.' }),
  hmac,
  unsigned: setting(yesOrNo, { default: false, help: 'Take deliveries from anybody, without a secret.' }),
  body_limit: optionalSetting(size({ min: '1KiB', max: '25MiB' }), {
    defaultText: '`limits.body`',
    help: 'Largest body of a delivery. It is not kept, so that it may be larger than a task.',
  }),
  headers: setting(listOf(headerName, 'header names', 50), {
    default: [],
    help: "Headers that templates may see beside the preset's.",
  }),
  delivery_id: optionalSetting(template, {
    defaultText: BY_PRESET,
    help: 'What is the same when the sender tries again: the same id is the same run.',
  }),
  event_type: optionalSetting(template, { defaultText: BY_PRESET, help: 'Where an event has its type.' }),
  events: optionalSetting(listOf(eventType, 'event types', 200), {
    defaultText: 'all',
    help: 'Event types that are wanted; `invoice.*` stands for all that begin with `invoice.`.',
  }),
  filter: optionalSetting(filter, { defaultText: BY_PRESET, help: 'Which events are wanted; others are ignored.' }),
  agent: optionalSetting(template, {
    defaultText: "the client's",
    help: 'Agent that runs the task, by its name or by a template.',
  }),
  map,
});

/** A source as the schema reads it, named as in the file. */
export type SourceSettings = z.infer<typeof source>;
