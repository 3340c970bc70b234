import { ALGORITHMS, type AlgorithmName } from './algorithms.ts';
import { isHeaderName } from './signed-template.ts';

export const ENCODINGS = ['hex', 'base64'] as const;
export const KEY_ENCODINGS = ['text', 'hex', 'base64'] as const;
export const SEPARATORS = [',', ';', ' '] as const;
export const TIMESTAMP_UNITS = ['s', 'ms', 'rfc3339'] as const;
export const CREDENTIALS = ['bearer', 'basic'] as const;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];
export const DEFAULT_WINDOW_S = 300;
const MAX_WINDOW_S = 86_400;

/**
 * How a sender proves itself: where the proof stands, what it covers, and how it is computed. Plain data, which
 * `createSigningScheme` interprets. Header names are case-insensitive.
 */
export interface SigningOptions {
  /** Header with the proof. One of `header`, `query`, `field` and `authorization` is set. */
  readonly header?: string;
  /** Query parameter with the proof. */
  readonly query?: string;
  /** Field of the body with the proof, of JSON or of a form: `signature.value`. */
  readonly field?: string;
  /** The proof is what `Authorization` carries: a bearer token, or `user:password` of Basic. */
  readonly authorization?: (typeof CREDENTIALS)[number];
  /** Text before the proof, such as `sha256=`. */
  readonly prefix?: string;
  /** Separator of several proofs, after the prefix; of the items of a list `t=…,v1=…`, the comma unless set. */
  readonly separator?: (typeof SEPARATORS)[number];
  /** Text before each of several proofs. Others are skipped. */
  readonly entryPrefix?: string;
  /** The proof stands in a list `t=…,v1=…` under this key. In place of `prefix` and `entryPrefix`. */
  readonly signatureKey?: string;
  /** Key of the timestamp in that list. */
  readonly timestampKey?: string;
  /** Header with the timestamp. In place of `timestampKey`. */
  readonly timestampHeader?: string;
  /** Field of the signed body with the timestamp. In place of both. */
  readonly timestampField?: string;
  /** Default `s`, seconds since the epoch. */
  readonly timestampUnit?: (typeof TIMESTAMP_UNITS)[number];
  /** How far off the timestamp may be, either way, in seconds: 1 to 86400, default 300. */
  readonly windowSeconds?: number;
  /** Default `sha256`, an HMAC. The request can't choose it. */
  readonly algorithm?: AlgorithmName;
  /** Of the signature. Default `hex`, of either case; `base64` for public keys. */
  readonly encoding?: (typeof ENCODINGS)[number];
  /** Of the secret, for an HMAC. Default `text`: its UTF-8 bytes. */
  readonly keyEncoding?: (typeof KEY_ENCODINGS)[number];
  /** The signed bytes, default `{body}`: see `parseTemplate`. */
  readonly template?: string;
  /** Header with the delivery id; signed when the template has `{id}`. */
  readonly idHeader?: string;
  /** Top-level field of the JSON body with the delivery id. In place of `idHeader`. */
  readonly idField?: string;
  /** Field of the body with the URL of a certificate, whose key replaces the secret. */
  readonly certificateField?: string;
  /** Header with that URL. In place of `certificateField`. */
  readonly certificateHeader?: string;
  /** Where certificates may stand: see `compileUrlPatterns`. */
  readonly certificateUrls?: readonly string[];
  /** Signed fields of the body that must have one of these values. */
  readonly allowedValues?: Readonly<Record<string, readonly string[]>>;
}

const PLACES = ['header', 'query', 'field', 'authorization'] as const;

/**
 * Refuses options that don't fit together. They come from a settings file, so their types prove nothing.
 *
 * @throws TypeError with the option, its value and the fix
 */
export function checkSigningOptions(options: SigningOptions): void {
  checkPlace(options);
  checkWords(options);
  const { windowSeconds = DEFAULT_WINDOW_S, algorithm = 'sha256', signatureKey } = options;
  if (!(windowSeconds >= 1 && windowSeconds <= MAX_WINDOW_S))
    throw new TypeError(`windowSeconds ${windowSeconds} must be 1 to ${MAX_WINDOW_S} seconds.`);
  if (signatureKey !== undefined && (options.prefix !== undefined || options.entryPrefix !== undefined))
    throw new TypeError('signatureKey reads a list t=…,v1=…: remove prefix and entryPrefix, or signatureKey.');
  if (options.entryPrefix !== undefined && options.separator === undefined)
    throw new TypeError('entryPrefix stands before each of several signatures: set separator too, or use prefix.');
  if (options.timestampKey !== undefined && signatureKey === undefined)
    throw new TypeError('timestampKey reads a list t=…,v1=…: set signatureKey too, or use timestampHeader instead.');
  if (countSet(options, ['timestampKey', 'timestampHeader', 'timestampField']) > 1)
    throw new TypeError('Set timestampHeader, timestampKey or timestampField, not both.');
  if (countSet(options, ['timestampKey', 'timestampHeader', 'timestampField']) === 0) {
    if (options.timestampUnit !== undefined)
      throw new TypeError('timestampUnit needs timestampHeader, timestampKey or timestampField.');
  }
  if (options.idHeader !== undefined && options.idField !== undefined)
    throw new TypeError('Set idHeader or idField, not both.');
  if (options.keyEncoding !== undefined && ALGORITHMS[algorithm].kind !== 'hmac')
    throw new TypeError(`keyEncoding is for an HMAC: remove it, or choose another algorithm than "${algorithm}".`);
  checkCertificate(options);
  const open = Object.entries(options.allowedValues ?? {}).find(([, values]) => values.length === 0)?.[0];
  if (open !== undefined)
    throw new TypeError(`allowedValues.${open} is missing: name those that may send, because others sign alike.`);
  if (ALGORITHMS[algorithm].kind === 'plain') {
    const useless = (['template', 'encoding', 'timestampKey', 'timestampHeader', 'timestampField'] as const).find(
      (option) => options[option] !== undefined,
    );
    if (useless !== undefined)
      throw new TypeError(`${useless} is for a signature, and with algorithm "plain" nothing is signed: remove one.`);
  } else if (options.authorization === 'basic') {
    throw new TypeError('authorization "basic" carries a password: set algorithm to plain.');
  }
}

function checkCertificate({ certificateUrls, algorithm = 'sha256', ...options }: SigningOptions): void {
  const places = countSet(options, ['certificateField', 'certificateHeader']);
  if (places > 1) throw new TypeError('Set certificateField or certificateHeader, not both.');
  if ((places === 1) !== (certificateUrls !== undefined))
    throw new TypeError('A certificate needs certificateUrls, and certificateField or certificateHeader.');
  if (places === 1 && ALGORITHMS[algorithm].kind !== 'publicKey')
    throw new TypeError(
      `A certificate has a public key: choose another algorithm than "${algorithm}", such as rsa-sha256.`,
    );
}

function checkPlace(options: SigningOptions): void {
  if (countSet(options, PLACES) > 1)
    throw new TypeError('Set one of header, query, field and authorization, not both.');
  const named = countSet(options, PLACES) === 0 ? (['header'] as const) : [];
  for (const option of [...named, 'header', 'timestampHeader', 'idHeader'] as const) {
    const name = options[option];
    if ((named.length > 0 || name !== undefined) && !isHeaderName(name ?? ''))
      throw new TypeError(`${option} "${name}" must be the name of a header.`);
  }
}

function checkWords(options: SigningOptions): void {
  const words = [
    ['algorithm', ALGORITHM_NAMES],
    ['encoding', ENCODINGS],
    ['keyEncoding', KEY_ENCODINGS],
    ['separator', SEPARATORS],
    ['timestampUnit', TIMESTAMP_UNITS],
    ['authorization', CREDENTIALS],
  ] as const;
  for (const [option, known] of words) {
    const word = options[option];
    if (word !== undefined && !(known as readonly string[]).includes(word))
      throw new TypeError(`${option} "${word}" must be one of ${known.join(', ')}.`);
  }
}

function countSet(options: SigningOptions, names: readonly (keyof SigningOptions)[]): number {
  return names.filter((name) => options[name] !== undefined).length;
}
