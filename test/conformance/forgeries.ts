import type { SourceSample } from '../support/source-samples.ts';
import type { Delivery, Line } from '../support/source-under-test.ts';
import { SENDERS_URL } from '../support/vendor-samples.ts';

type Forgery = readonly [what: string, delivery: Delivery];

/** Beyond the 300 s of every sender. */
const STALE_S = 301;
const HASHES = ['md5', 'sha1', 'sha256', 'sha512'];
/** What a sender may call an algorithm or a version in its proof. */
const NAMES = /\b(sha1|sha256|v0|v1|h1)([=,])/g;
const OTHER_NAMES = ['none', 'md5', 'sha1', 'sha256', 'sha512', 'v0', 'v1', 'v1a', 'v2'];
const EVIL = 'evil.example';

/** A secret of the form of another. */
export function secretLike(secret: string | undefined, text: string): string {
  return secret?.startsWith('whsec_') === true
    ? `whsec_${Buffer.from(text).toString('base64')}`
    : text.replaceAll(' ', '-');
}

/** Every way to get the proof of a delivery wrong that its sender has. All of them are answered alike. */
export function listForgeries(sample: SourceSample, serverUrl: string): readonly Forgery[] {
  const { options, proves, hasTimestamp, documents } = sample;
  const secret = options.secret?.[0];
  const wrong = documents === undefined ? secretLike(secret, 'other') : 'other';
  const proof = sample.sign(sample.body, secret ?? '', 0);
  const names = Object.keys(proof).map((name) => name.toLowerCase());
  return [
    ['no proof', { unsigned: true, alter: (lines) => lines.filter(([name]) => !names.includes(name.toLowerCase())) }],
    ['a wrong key', { secret: wrong }],
    ...Object.entries(proof).flatMap(([name, value]) => brokenHeader(name.toLowerCase(), value)),
    ...(sample.query === undefined ? [] : brokenQuery(sample.query(secret ?? ''))),
    ...(proves === 'body' ? brokenBody(sample) : []),
    ...(sample.signBody === undefined ? [] : brokenMessage(sample)),
    ...(hasTimestamp
      ? ([
          ['a time before the window', { ageS: STALE_S }],
          ['a time after the window', { ageS: -STALE_S - 5 }],
        ] as const)
      : []),
    ...(documents === undefined
      ? [[`the valid proof of a neighbour`, { secret: secretLike(secret, 'the secret of a neighbour') }] as const]
      : []),
    ...forgedUrls(sample, wrong, serverUrl),
  ];
}

function brokenHeader(header: string, genuine: string): readonly Forgery[] {
  const own = [...genuine.matchAll(NAMES)].map(([, name]) => name);
  const change = (edit: (value: string) => readonly string[]): Delivery => ({
    alter: (lines) =>
      lines.flatMap(([name, value]): readonly Line[] =>
        name.toLowerCase() === header ? edit(value).map((one) => [name, one]) : [[name, value]],
      ),
  });
  return [
    [`no ${header}`, change(() => [])],
    [`an empty ${header}`, change(() => [''])],
    [`${header} twice`, change((value) => [value, value])],
    [`${header} and another of it`, change((value) => ['x', value])],
    [`${header} without its end`, change((value) => [value.slice(0, -4)])],
    [`the beginning of ${header}`, change((value) => [value.slice(0, Math.min(8, value.length - 1))])],
    [`${header} and more`, change((value) => [`${value}0`])],
    ...OTHER_NAMES.filter((name) => !own.includes(name)).map((name): Forgery => [
      `${header} by the name of ${name}`,
      change((value) => {
        const named = value.replace(NAMES, `${name}$2`).replace(/^Bearer /, `${name} `);
        return [named === value ? `${name}=${value}` : named];
      }),
    ]),
  ];
}

function brokenQuery(query: string): readonly Forgery[] {
  return [
    ['an empty value in the URL', { query: query.replace(/=.*/, '=') }],
    ['the value twice in the URL', { query: `${query}&${query.slice(1)}` }],
    ['the beginning of the value in the URL', { query: query.slice(0, -2) }],
    ['more than the value in the URL', { query: `${query}0` }],
  ];
}

function brokenBody({ body, hash = 'sha256' }: SourceSample): readonly Forgery[] {
  return [
    ['another body than was signed', { tampered: `${body} ` }],
    ['no body', { tampered: '' }],
    ...HASHES.filter((other) => other !== hash).map((other): Forgery => [
      `a proof by ${other}, which it names`,
      { how: { hash: other } },
    ]),
  ];
}

/** The proof in a field `Signature` of a signed body. */
function brokenMessage(sample: SourceSample): readonly Forgery[] {
  const signed = sample.signBody?.(sample.body, '', Math.floor(Date.now() / 1000)) ?? '{}';
  const message = JSON.parse(signed) as Record<string, string>;
  const { Signature: proof = '', ...rest } = message;
  const rows: readonly (readonly [string, unknown])[] = [
    ['no signature', undefined],
    ['an empty signature', ''],
    ['a signature without its end', proof.slice(0, -4)],
    ['a signature and more', `${proof}AAAA`],
    ['a signature twice', [proof, proof]],
  ];
  return rows.map(([what, value]) => [what, { tampered: JSON.stringify({ ...rest, Signature: value }) }]);
}

/** Whether the URL is part of what the sender signs. */
export function signsUrl(sample: SourceSample): boolean {
  const sign = (how = {}): string => JSON.stringify(sample.sign(sample.body, 'secret', 0, how));
  return sign() !== sign({ url: `https://${EVIL}/` });
}

/** What a caller says about the URL counts nowhere: neither headers of a proxy nor `Host`. They make no wrong key a right one either. */
function forgedUrls(sample: SourceSample, wrong: string, serverUrl: string): readonly Forgery[] {
  const { options } = sample;
  const path = options.path ?? `/hooks/${options.name}`;
  const url = `https://${EVIL}${path}`;
  const said: readonly Line[] = [
    ['Host', EVIL],
    ['X-Forwarded-Host', EVIL],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '443'],
    ['Forwarded', `host=${EVIL};proto=https`],
    ['X-Original-URL', url],
    ['X-Rewrite-URL', url],
  ];
  const key = signsUrl(sample) ? {} : { secret: wrong };
  return [
    ['the URL that a proxy and Host name', { ...key, how: { url }, alter: (lines) => [...lines, ...said] }],
    ['the URL that the server has inside', { ...key, how: { url: serverUrl + path } }],
    ['the URL of a neighbour', { ...key, how: { url: `${SENDERS_URL}neighbour` } }],
  ];
}
