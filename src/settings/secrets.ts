import { domain } from './addresses.ts';
import { BadValue, type Kind, listOf, readEach, splitAtCommas } from './kind.ts';
import { isRecord } from '../values/is-record.ts';

/** Anyone who has seen one signed body, as every callback receiver has, can guess a shorter secret offline. */
export const MIN_SECRET_LENGTH = 8;

const STANDARD_PREFIX = 'whsec_';

/** Shell that prints a new signing secret, in the form that every library of Standard Webhooks takes. */
export const GENERATE_SECRET = 'echo whsec_$(openssl rand -base64 24)';

/** Whether a secret is too short to be kept from guessing. */
export function isWeak(secret: string): boolean {
  const length = secret.startsWith(STANDARD_PREFIX)
    ? Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64').length
    : secret.length;
  return length < MIN_SECRET_LENGTH;
}

/** One or several signing secrets: `whsec_` and base64, or any other text. A text is split at its commas. */
export const signingSecrets = secretsOf('signing secret', checkSigningSecret);

/** Signing secrets that are long enough in any mode: whoever guesses one forges what it signs. */
export const strongSecrets = secretsOf('signing secret', checkStrongSecret);

/** Signing secrets, or Ed25519 private keys `whsk_…`, for what is only ever signed here. */
export const callbackSecrets = secretsOf('signing secret', checkCallbackSecret);

/** One or several secrets of a sender, whose scheme decides what they may look like. A text is split at its commas. */
export const sourceSecrets = secretsOf('signing secret', () => undefined);

/** One or several API keys, as a bearer header can carry them (RFC 6750). A text is split at its commas. */
export const apiKeys = secretsOf('API key', checkHeaderSecret);

/** One secret that travels in a header. */
export const headerSecret: Kind<string> = {
  accepts: 'secret',
  read: (value) => readSecret(value, checkHeaderSecret),
  show: hideSecret,
};

/** Extra headers, and the hosts that they are sent to. */
export interface BoundHeaders {
  /** `ci.example.com` is that host alone, `*.example.com` its subdomains. Undefined: the earlier form, which names no hosts. */
  readonly hosts: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const BOUND_FORM = '{hosts: [ci.example.com], headers: {Name: value}}';
const hostList = listOf(domain, 'host names');

/**
 * Extra headers with the hosts that they are sent to, or in the earlier form: the headers alone. Their values count as
 * secrets, for most of them will be keys.
 */
export const boundHeaders: Kind<BoundHeaders> = {
  accepts: 'block: `hosts` and `headers`',
  read(value) {
    if (!isRecord(value)) throw new BadValue(`is not a block of headers: write ${BOUND_FORM}`);
    // A header may be called hosts, too, but its value is a text.
    if (!isRecord(value['headers']) && !Array.isArray(value['hosts'])) {
      return { hosts: undefined, headers: readHeaders(value) };
    }
    const { hosts, headers, ...rest } = value;
    const [other] = Object.keys(rest);
    if (other !== undefined) {
      throw new BadValue(`has ${plainHeader(other) || 'another key'} beside hosts and headers: write ${BOUND_FORM}`);
    }
    if (!isRecord(headers)) throw new BadValue(`has no block of headers: write ${BOUND_FORM}`);
    const read = hosts === undefined || hosts === null ? [] : hostList.read(hosts);
    if (read.length === 0) throw new BadValue(`has no hosts: write ${BOUND_FORM}`);
    return { hosts: read, headers: readHeaders(headers) };
  },
  show: ({ hosts, headers }) => (hosts === undefined ? showHeaders(headers) : { hosts, headers: showHeaders(headers) }),
};

/** Headers whose values count as secrets, for most of them will be keys. */
export const secretHeaders: Kind<Readonly<Record<string, string>>> = {
  accepts: 'block: header and value',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block of headers: write one "Name: value" per line');
    return readHeaders(value);
  },
  show: showHeaders,
};

function readHeaders(block: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const headers = readEach(
    Object.entries(block),
    ([name, text]) => [checkHeaderName(name), checkHeaderValue(text)] as const,
    ([name]) => `the header ${plainHeader(name)}`,
  );
  return Object.fromEntries(headers);
}

function showHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hideSecret(value)]));
}

function secretsOf(noun: string, check: (secret: string) => void): Kind<readonly string[]> {
  return {
    accepts: `${noun}, or list of them`,
    read(value) {
      const given = typeof value === 'string' ? splitAtCommas(value) : value;
      const entries = Array.isArray(given) ? given : [given];
      if (typeof value === 'string' && entries.length === 0) throw new BadValue('is empty: set it or remove it');
      if (entries.length === 0) throw new BadValue('is an empty list: add an entry, or remove the setting');
      const subject = (_: unknown, index: number): string =>
        entries.length === 1
          ? 'the value'
          : typeof value === 'string'
            ? `entry ${index + 1} of ${entries.length}, split at the comma,`
            : `entry ${index + 1}`;
      return readEach(entries as unknown[], (entry) => readSecret(entry, check), subject);
    },
    show: (secrets) =>
      secrets.length === 0 ? 'not set' : `set (${secrets.map(({ length }) => length).join(' and ')} characters)`,
  };
}

function hideSecret(secret: string): string {
  return `set (${secret.length} characters)`;
}

function readSecret(value: unknown, check: (secret: string) => void): string {
  if (typeof value !== 'string') throw new BadValue('is not text: put it in quotes');
  if (value === '') throw new BadValue('is empty: set it or remove it');
  if (value !== value.trim()) throw new BadValue('starts or ends with a space: remove the space');
  // A placeholder that nobody replaced would be a secret that everybody can read in the manual.
  if (/^\$(?:\{\w+\}|[A-Z][A-Z0-9_]*)$/.test(value)) {
    throw new BadValue('is a variable name in place of a secret: set the secret itself');
  }
  check(value);
  return value;
}

/** The seed and the public key, 32 bytes each; whether they belong together is found out when the worker starts. */
const PRIVATE_KEY_BYTES = 64;

function checkCallbackSecret(secret: string): void {
  if (!secret.startsWith('whsk_')) return checkSigningSecret(secret);
  if (readBase64(secret.slice('whsk_'.length))?.length !== PRIVATE_KEY_BYTES) {
    throw new BadValue('starts with whsk_, but the rest is not 64 bytes in base64: copy the whole private key');
  }
}

function checkSigningSecret(secret: string): void {
  if (/^wh[ps]k_/.test(secret)) {
    throw new BadValue('is a key of a key pair, which is not supported here: use a whsec_ secret or any other text');
  }
  if (!secret.startsWith(STANDARD_PREFIX)) return;
  if (readBase64(secret.slice(STANDARD_PREFIX.length)) === undefined) {
    throw new BadValue('starts with whsec_, but the rest is not base64: copy the whole secret');
  }
}

function checkStrongSecret(secret: string): void {
  checkSigningSecret(secret);
  if (!isWeak(secret)) return;
  throw new BadValue(
    `has fewer than ${MIN_SECRET_LENGTH} characters and can be guessed: generate one with "${GENERATE_SECRET}"`,
  );
}

/** The bytes of a base64 text, one at least; undefined for anything else, which Buffer would pass over. */
function readBase64(text: string): Buffer | undefined {
  const encoded = text.replace(/={1,2}$/, '');
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length > 0 && bytes.toString('base64').replaceAll('=', '') === encoded ? bytes : undefined;
}

function checkHeaderSecret(secret: string): void {
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new BadValue('contains a space or a character that no header can carry: use visible ASCII characters');
  }
}

const RESERVED_HEADER =
  /^(?:content-.*|host|connection|transfer-encoding|te|trailer|upgrade|expect|webhook-.*|x-hub-signature.*)$/i;

function checkHeaderName(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new BadValue('has an invalid name: use letters, digits and dashes');
  if (RESERVED_HEADER.test(name)) throw new BadValue('is set by garudust-temporal: remove it');
  return name;
}

/** A header's name, as far as it is plain: the rest may be its value. */
function plainHeader(name: string): string {
  return /^[\w-]{0,60}/.exec(name)?.[0] ?? '';
}

function checkHeaderValue(value: unknown): string {
  // Controls would end the header and begin another one.
  if (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)) return value;
  throw new BadValue('has a value that is not visible ASCII text: correct it, or put it in quotes');
}
