import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { eventText, type SourceSample } from './source-samples.ts';

export const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';
export const PUSH_ACCOUNT = 'push@myproject.iam.gserviceaccount.com';
export const PUSH_AUDIENCE = 'https://agents.example.com/hooks/google-pubsub';

/** A key pair of an issuer, and the key as its JWKS has it. */
export interface IssuerKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: object;
}

export function issuerKey(kid: string): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

export const [FIRST_KEY, SECOND_KEY, FOREIGN_KEY] = [
  issuerKey('7d680d8c'),
  issuerKey('a1b2c3d4'),
  issuerKey('7d680d8c'),
];
export const GOOGLE_JWKS = JSON.stringify({ keys: [FIRST_KEY.jwk, SECOND_KEY.jwk] });

/** The claims of a token of Google for a push, issued at a time in seconds. */
export function pushClaims(iat: number): Record<string, unknown> {
  return {
    aud: PUSH_AUDIENCE,
    azp: '113774264463038321964',
    email: PUSH_ACCOUNT,
    sub: '113774264463038321964',
    email_verified: true,
    exp: iat + 3600,
    iat,
    iss: 'https://accounts.google.com',
  };
}

/** A token signed with RS256, as RFC 7515 section 3.1 describes. */
export function rs256(claims: object, key: IssuerKey, header: object = {}): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

const samples = {
  'google-pubsub': {
    options: {
      name: 'google-pubsub',
      preset: 'google-pubsub',
      client: 'alpha',
      oidc: { audience: [PUSH_AUDIENCE], claims: { email: [PUSH_ACCOUNT] } },
    },
    body: eventText('google-pubsub-object-finalize.json'),
    contentType: 'application/json',
    headers: {},
    sign(_body, secret, at) {
      const key = { other: FOREIGN_KEY, 'second-secret': SECOND_KEY }[secret] ?? FIRST_KEY;
      // Short, so that it is out of its time when the suite says so.
      return { Authorization: `Bearer ${rs256({ ...pushClaims(at), exp: at + 200 }, key)}` };
    },
    proves: 'sender',
    hasTimestamp: true,
    documents: { [GOOGLE_KEYS]: GOOGLE_JWKS },
    task: {
      text: /^Pub\/Sub sent a message of projects\/myproject\/subscriptions\/mysubscription:\n\n\{"kind":"storage#object","name":"2026\/11\/umsatz-übersicht\.csv",/,
      sessionKey: 'reports-in',
    },
    unmatched: { event_type: 'OBJECT_DELETE' },
  },
} satisfies Record<string, SourceSample>;

export type RemoteKeyName = keyof typeof samples;

/** Senders whose keys stand at other hosts. */
export const REMOTE_KEY_SAMPLES: Readonly<Record<string, SourceSample>> = samples;
