import { z } from 'zod';
import { BadValue, type Kind, listOf, readEach } from '../settings/kind.ts';
import { size } from '../settings/quantities.ts';
import { headerSecret, sourceSecrets } from '../settings/secrets.ts';
import { matching, name as clientId, oneOf, yesOrNo } from '../settings/texts.ts';
import { approval } from '../settings/approval.ts';
import { sessionPolicy } from '../settings/session-policy.ts';
import { optionalSetting, setting } from '../settings/setting.ts';
import { BODY_FORMS } from './body-readers.ts';
import { HANDSHAKE_KIND_NAMES, HANDSHAKE_KINDS } from './handshakes.ts';
import { headerName, oidc, shortText, signing } from './signing-settings.ts';
import { isRecord } from '../values/is-record.ts';

const MAX_TEMPLATE = 20_000;
const MAX_METADATA = 32;

/** The preset has a value unless the file sets one. */
const BY_PRESET = "the preset's";

/** The path of a source. */
const sourcePath = matching({
  noun: 'plain path',
  pattern: /^(?:\/[\w.~-]+)+$/,
  fix: 'write it as /hooks/github, without a trailing slash',
});

/** An event type as a sender names it; a `*` at the end stands for any rest. */
const eventType = matching({
  noun: 'event type',
  pattern: /^[^\s*]{0,200}\*?$/,
  fix: 'write it as the sender does, such as pull_request or invoice.*',
});

/** A status that tells a sender that its event arrived. */
const answerStatus: Kind<number> = {
  accepts: '`200`, `201`, `202`, `204`',
  read(value) {
    const status = [200, 201, 202, 204].find((known) => String(known) === String(value));
    if (status === undefined) throw new BadValue('is not supported: use one of 200, 201, 202, 204');
    return status;
  },
  show: (value) => value,
};

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

const kinds = Object.entries(HANDSHAKE_KINDS).map(([name, { does }]) => `\`${name}\` ${does}`);

/** What a sender asks beside its events. Without `kind` only the preset's. */
export const handshake = z.strictObject({
  kind: optionalSetting(oneOf(HANDSHAKE_KIND_NAMES), {
    defaultText: BY_PRESET,
    help: `How the server answers what is no event: ${kinds.join('; ')}. A handshake never starts a run.`,
  }),
  token: optionalSetting(headerSecret, {
    secret: true,
    defaultText: 'none',
    help: 'Text that you enter at the sender, which it repeats to prove itself.',
  }),
  query: optionalSetting(shortText, { defaultText: BY_PRESET, help: 'Query parameter that is repeated.' }),
  token_query: optionalSetting(shortText, {
    defaultText: BY_PRESET,
    help: 'Query parameter that must be `token`; any other value gets `403`.',
  }),
  header: optionalSetting(headerName, { defaultText: BY_PRESET, help: 'Header that is repeated.' }),
  field: optionalSetting(shortText, {
    defaultText: BY_PRESET,
    help: 'Value that is repeated, such as `event.challenge`; of an unsigned body the name of its only field.',
  }),
  answer_field: optionalSetting(shortText, { defaultText: BY_PRESET, help: 'Its name in the answer.' }),
  hmac_field: optionalSetting(shortText, { defaultText: BY_PRESET, help: 'Name of its HMAC in the answer.' }),
  when: optionalSetting(filter, { defaultText: 'always', help: 'Conditions that make an event a handshake.' }),
  urls: optionalSetting(listOf(shortText, 'URLs', 50), {
    defaultText: BY_PRESET,
    help: 'Which URLs may be asked for, such as `https://sns.eu-*.amazonaws.com/?*`: `*` stands for letters, digits and dashes, `?*` for any query.',
  }),
  reason: optionalSetting(shortText, { defaultText: 'none', help: 'Why the event is ignored, for `ignore`.' }),
});

const answer = z.strictObject({
  status: optionalSetting(answerStatus, {
    defaultText: '202',
    help: 'Status of the answer to an event whose run is recorded.',
  }),
  body: optionalSetting(shortText, {
    defaultText: '`run`',
    help: '`run`: id, status and link of the run; `empty`; or a text of your own.',
  }),
});

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
  oidc,
  unsigned: setting(yesOrNo, { default: false, help: 'Accept deliveries from anyone, without a secret.' }),
  handshake,
  body: optionalSetting(oneOf(BODY_FORMS), {
    defaultText: BY_PRESET,
    help: 'How a body is read, whatever its `Content-Type` says. `any`: JSON, a form or text.',
  }),
  each: optionalSetting(listOf(shortText, 'paths', 10), {
    defaultText: BY_PRESET,
    help: 'List of events that a delivery holds, such as `event.events` or `event.entry[*].changes`; `event` where the body is the list. Each entry becomes a run: all or none.',
  }),
  answer,
  identity: setting(oneOf(['id', 'strict']), {
    default: 'id',
    help: '`id`: deliveries with the same id are the same event, even if their bodies differ. `strict`: another body under a known id is refused with `409`.',
  }),
  volatile_fields: optionalSetting(listOf(shortText, 'fields', 50), {
    defaultText: BY_PRESET,
    help: 'Fields of the event that may differ between attempts of one delivery, such as `attempt` or `alerts.sent_at`. `body_sha256` leaves them out.',
  }),
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
  approval,
  map,
});

/** A source as the schema reads it, named as in the file. */
export type SourceSettings = z.infer<typeof source>;
