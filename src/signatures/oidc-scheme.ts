import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { isRecord } from '../values/is-record.ts';
import type { KeyDocument, KeyPlace, RemoteKeyScheme } from './remote-key-scheme.ts';
import { readHeader, type Refusal, refuse, type SignedHeaders } from './scheme.ts';

/** Asymmetric ones alone: a public key must never be the key of an HMAC. */
export const TOKEN_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const;
const DEFAULT_ALGORITHMS = ['RS256', 'ES256'] as const;

/** How an issuer's tokens prove a sender. */
export interface OidcOptions {
  /** The `iss` of a token, exactly. */
  readonly issuer?: string;
  /** Where the issuer publishes its keys (RFC 7517). No token chooses another place. */
  readonly jwksUrl?: string;
  /** The `aud` of a token: one of these. */
  readonly audience?: readonly string[];
  /** Default: RS256 and ES256. */
  readonly algorithms?: readonly (typeof TOKEN_ALGORITHMS)[number][];
  /** What a token must say of its holder: one of the values of each claim. A `*` at the end stands for any rest. */
  readonly claims?: Readonly<Record<string, readonly string[]>>;
}

/** Seconds that the clocks of issuer, sender and receiver may differ. */
const TOLERANCE_S = 60;
/** Seconds since it was issued: a token without an end would be good for ever. */
const MAX_AGE_S = 86_400;
const MAX_TOKEN = 8192;

/**
 * Tokens of OpenID Connect in `Authorization: Bearer`: `iss`, `aud`, `exp`, `iat`, `nbf` and the claims are checked, and `email`
 * counts only where the issuer has verified it. A token proves nothing about the body.
 *
 * Source: OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725.
 *
 * @throws TypeError when the options can never verify or would accept strangers, with the fix; meant for the start
 */
export function createOidcScheme(options: OidcOptions): RemoteKeyScheme {
  const { issuer, jwksUrl, audience, algorithms, claims } = checkOptions(options);
  const judgeHeader = (token: string): { readonly kid: string | undefined } | undefined => {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss, aud } = decodeJwt(token);
    const isMeant = iss === issuer && [aud].flat().some((one) => one !== undefined && audience.includes(one));
    return isMeant && algorithms.some((known) => known === alg) ? { kid } : undefined;
  };

  return {
    findKey({ headers }) {
      const token = readToken(headers);
      if (token === undefined) return { ok: false, reason: 'signature_missing' };
      try {
        const header = judgeHeader(token);
        return header === undefined ? NOT_VALID : toPlace(jwksUrl, header.kid);
      } catch {
        return NOT_VALID;
      }
    },
    async verify({ headers, now }, document) {
      try {
        const { payload } = await jwtVerify(readToken(headers) ?? '', keySetOf(document), {
          issuer,
          audience: [...audience],
          algorithms: [...algorithms],
          clockTolerance: TOLERANCE_S,
          maxTokenAge: MAX_AGE_S,
          requiredClaims: ['exp'],
          currentDate: new Date(now),
        });
        return holdsClaims(payload, claims) ? { ok: true, deliveryId: undefined } : refuse('signature_invalid');
      } catch (error) {
        return refuse(isOutOfTime(error) ? 'timestamp_out_of_window' : 'signature_invalid');
      }
    },
  };
}

const NOT_VALID: { readonly ok: false; readonly reason: Refusal } = { ok: false, reason: 'signature_invalid' };

function checkOptions(options: OidcOptions): Required<OidcOptions> {
  const { issuer = '', jwksUrl = '', audience = [], algorithms = DEFAULT_ALGORITHMS, claims = {} } = options;
  for (const [option, url] of Object.entries({ issuer, jwksUrl })) {
    if (url === '') throw new TypeError(`${option} is missing: set the one that the issuer publishes.`);
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
      throw new TypeError(`${option} "${url}" must begin with https://.`);
  }
  if (audience.length === 0)
    throw new TypeError('audience is missing: without it the tokens for every other service would be accepted.');
  if (algorithms.length === 0) throw new TypeError('algorithms is empty: remove it, or name one.');
  const other = algorithms.find((name) => !TOKEN_ALGORITHMS.includes(name));
  if (other !== undefined) throw new TypeError(`algorithms "${other}" must be some of ${TOKEN_ALGORITHMS.join(', ')}.`);
  const named = Object.entries(claims);
  const empty = named.find(([, values]) => values.length === 0)?.[0];
  if (named.length === 0 || empty !== undefined)
    throw new TypeError(
      `claims.${empty ?? 'sub'} is missing: name the account that sends, because the issuer gives tokens to others, too.`,
    );
  return { issuer, jwksUrl, audience, algorithms, claims };
}

/** The token of the header; an empty text for a header that has none, undefined without a header. */
function readToken(headers: SignedHeaders): string | undefined {
  const given = readHeader(headers, 'authorization');
  if (given === undefined) return undefined;
  const token = /^Bearer +([\w.-]+)$/i.exec(given)?.[1] ?? '';
  return token.length > MAX_TOKEN ? '' : token;
}

function toPlace(url: string, kid: string | undefined): KeyPlace {
  return {
    ok: true,
    url,
    mayBeAbsent: false,
    isValid: (document) => readKeys(document) !== undefined,
    has: (document) => kid === undefined || readKeys(document)?.keys.some((key) => key.kid === kid) === true,
  };
}

type KeySet = ReturnType<typeof createLocalJWKSet>;
const READ = new WeakMap<KeyDocument, JSONWebKeySet | 'invalid'>();
const KEY_SETS = new WeakMap<KeyDocument, KeySet>();

function keySetOf(document: KeyDocument): KeySet {
  const known = KEY_SETS.get(document) ?? createLocalJWKSet(readKeys(document) ?? { keys: [] });
  KEY_SETS.set(document, known);
  return known;
}

function readKeys(document: KeyDocument): JSONWebKeySet | undefined {
  const known = READ.get(document) ?? parseKeys(document.text) ?? 'invalid';
  READ.set(document, known);
  return known === 'invalid' ? undefined : known;
}

function parseKeys(text: string): JSONWebKeySet | undefined {
  try {
    const read: unknown = JSON.parse(text);
    const keys = isRecord(read) ? read['keys'] : undefined;
    if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isRecord)) return undefined;
    return { keys };
  } catch {
    return undefined;
  }
}

function holdsClaims(payload: JWTPayload, claims: Required<OidcOptions>['claims']): boolean {
  if (claims['email'] !== undefined && payload['email_verified'] !== true) return false;
  return Object.entries(claims).every(([name, values]) => {
    const given = Object.hasOwn(payload, name) ? payload[name] : undefined;
    return typeof given === 'string' && values.some((value) => fits(given, value));
  });
}

function fits(given: string, value: string): boolean {
  return value.endsWith('*') ? given.startsWith(value.slice(0, -1)) : given === value;
}

function isOutOfTime(error: unknown): boolean {
  if (error instanceof errors.JWTExpired) return true;
  return error instanceof errors.JWTClaimValidationFailed && ['iat', 'nbf', 'exp'].includes(error.claim);
}
