import { BadValue, type Kind, readEach } from './kind.ts';
import { matching } from './texts.ts';

const MAX_TEMPLATE = 20_000;
const MAX_METADATA = 32;

/** The path of a source. */
export const sourcePath = matching({
  noun: 'plain path',
  pattern: /^(?:\/[\w.~-]+)+$/,
  fix: 'write it like /hooks/github, without a slash at its end',
});

/** The name of a header, of any case. */
export const headerName = matching({
  noun: 'header name',
  pattern: /^[\w!#$%&'*+.^`|~-]{1,100}$/,
  fix: 'write it like X-Event-Type, without a colon',
});

/** An event type as a sender names it, with `*` at its end for all that begin so. */
export const eventType = matching({
  noun: 'event type',
  pattern: /^[^\s*]{0,200}\*?$/,
  fix: 'write it as the sender does, such as pull_request or invoice.*',
});

/** A short text of an option that is checked elsewhere. */
export const shortText = matching({
  noun: 'text',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]{1,500}$/,
  fix: 'write 1 to 500 characters on one line, in quotes where they are special',
});

/** A template; whether it can be read is found out where sources are compiled. */
export const template: Kind<string> = {
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
export const templates: Kind<Readonly<Record<string, string>>> = {
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
export const filter: Kind<Readonly<Record<string, unknown>>> = {
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
