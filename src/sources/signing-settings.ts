import { z } from 'zod';
import { BadValue, type Kind, listOf, readEach } from '../settings/kind.ts';
import { wholeNumber } from '../settings/quantities.ts';
import { formerBlockName, optionalSetting } from '../settings/setting.ts';
import { matching, oneOf } from '../settings/texts.ts';
import { TOKEN_ALGORITHMS } from '../signatures/oidc-scheme.ts';
import {
  ALGORITHM_NAMES,
  CREDENTIALS,
  ENCODINGS,
  KEY_ENCODINGS,
  SEPARATORS,
  TIMESTAMP_UNITS,
} from '../signatures/signing-options.ts';
import { isRecord } from '../values/is-record.ts';

/** The name of a header, of any case. */
export const headerName = matching({
  noun: 'header name',
  pattern: /^[\w!#$%&'*+.^`|~-]{1,100}$/,
  fix: 'write it as X-Event-Type, without a colon',
});

/** A short text that is checked where sources are compiled. */
export const shortText = matching({
  noun: 'text',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]{1,500}$/,
  fix: 'write 1 to 500 characters on one line; quote special characters',
});

/** Texts that are accepted, by the name of what has them. */
const acceptedTexts: Kind<Readonly<Record<string, readonly string[]>>> = {
  accepts: 'block: name and text, or a list of texts',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block: write one "name: text" per line');
    const read = readEach(
      Object.entries(value),
      ([name, texts]) => [name, listOf(shortText, 'texts', 100).read(texts)] as const,
      ([name]) => name.slice(0, 64),
    );
    return Object.fromEntries(read);
  },
  show: (value) => value,
};

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
      help: 'Signed text, with `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}`, `{path}`, `{query:name}`, `{header:Name}`, and in place of the body `{form}`, `{field:name}` or `{lines:names}`: name and value of each field, a line each.',
    }),
    id_header: optionalSetting(headerName, { defaultText: 'none', help: 'Header with the delivery id.' }),
    id_field: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Top-level field of the body with the delivery id.',
    }),
    certificate_field: optionalSetting(shortText, {
      defaultText: 'none',
      help: 'Field of the body with the URL of the certificate whose key signs. Replaces `secret`.',
    }),
    certificate_header: optionalSetting(headerName, {
      defaultText: 'none',
      help: 'Header with that URL. Replaces `certificate_field`.',
    }),
    certificate_urls: optionalSetting(listOf(shortText, 'URLs', 50), {
      defaultText: 'none',
      help: 'Where certificates may be fetched, such as `https://sns.eu-*.amazonaws.com/SimpleNotificationService-*.pem`. A `*` stands for letters, digits and dashes. Any other URL is refused.',
    }),
    allowed_values: optionalSetting(acceptedTexts, {
      defaultText: 'none',
      help: 'Signed fields of the body that must have one of the values, such as `TopicArn`, where the sender signs alike for others.',
    }),
  })
  .register(formerBlockName, { key: 'hmac' });

/** The tokens by which a sender proves itself. Without `issuer`, from here or from the preset, the block is absent. */
export const oidc = z.strictObject({
  issuer: optionalSetting(shortText, {
    defaultText: "the preset's",
    help: 'The sender proves itself by a token of OpenID Connect in `Authorization: Bearer`, whose `iss` is this.',
  }),
  jwks_url: optionalSetting(shortText, {
    defaultText: "the preset's",
    help: 'Where the issuer publishes its keys: `jwks_uri` of its `/.well-known/openid-configuration`. The rules of callbacks apply: a private address needs `callback.permit_networks`.',
  }),
  audience: optionalSetting(listOf(shortText, 'audiences', 20), {
    defaultText: 'none: refuses to start',
    help: 'The `aud` of a token must be one of these.',
  }),
  algorithms: optionalSetting(listOf(oneOf(TOKEN_ALGORITHMS), 'algorithms'), {
    defaultText: '`[RS256, ES256]`',
    help: 'How the issuer may sign.',
  }),
  claims: optionalSetting(acceptedTexts, {
    defaultText: 'none: refuses to start',
    help: 'Who may send: `email` (which the issuer must have verified), `sub` or another claim, with the texts that are accepted. A `*` at the end stands for any rest.',
  }),
});
