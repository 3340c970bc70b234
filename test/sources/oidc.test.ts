import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { type FetchedDocument, RemoteDocuments } from '../../src/egress/remote-documents.ts';
import {
  FIRST_KEY,
  FOREIGN_KEY,
  GOOGLE_JWKS,
  GOOGLE_KEYS,
  PUSH_ACCOUNT,
  PUSH_AUDIENCE,
  pushClaims,
  REMOTE_KEY_SAMPLES,
  rs256,
} from '../support/remote-key-samples.ts';
import type { SourceOptions } from '../support/source-samples.ts';
import { compileOptions, startSource } from '../support/source-under-test.ts';

const { 'google-pubsub': PUBSUB } = REMOTE_KEY_SAMPLES;
assert.ok(PUBSUB);
const SAMPLE = PUBSUB;
const nowS = (): number => Math.floor(Date.now() / 1000);

/** A source of Pub/Sub whose issuer answers as the test says, with the URLs that were fetched. */
async function start(
  t: TestContext,
  fetch: (url: string) => FetchedDocument | Promise<FetchedDocument> = () => ({ text: GOOGLE_JWKS }),
) {
  const fetched: string[] = [];
  const clock = { ms: 0 };
  const keyDocuments = new RemoteDocuments({
    fetch: async (url) => {
      fetched.push(url);
      return fetch(url);
    },
    now: () => clock.ms,
  });
  const source = await startSource(t, SAMPLE, {}, { keyDocuments });
  const send = (token: string, headers: Record<string, string> = {}): Promise<Response> =>
    source.send({ headers: { Authorization: `Bearer ${token}`, ...headers } });
  return { ...source, send, fetched, clock };
}

const good = (changes: object = {}): string => rs256({ ...pushClaims(nowS()), ...changes }, FIRST_KEY);
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

describe('a token of OpenID Connect', () => {
  test('is taken, its keys are fetched once, and the event is acknowledged', async (t) => {
    const { send, fetched, ingress } = await start(t);
    for (let n = 0; n < 3; n++) assert.equal((await send(good())).status, 204);
    assert.deepEqual(fetched, [GOOGLE_KEYS]);
    assert.equal(ingress.runs.started.length, 1);
  });

  test('of a message that has attributes alone starts a run, too', async (t) => {
    const { ingress } = await start(t);
    const { message } = JSON.parse(SAMPLE.body) as { message: Record<string, unknown> };
    const body = JSON.stringify({
      message: { ...message, data: undefined },
      subscription: 'projects/p/subscriptions/s',
    });
    const response = await fetch(`${ingress.url}/hooks/google-pubsub`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${good()}` },
      body,
    });
    assert.equal(response.status, 204);
    assert.match(ingress.runs.started[0]?.input.task.text ?? '', /Its attributes: \{"bucketId":"reports-in"/);
  });

  const PEM = FIRST_KEY.publicKey.export({ type: 'spki', format: 'pem' });
  const hs256 = (): string => {
    const signed = `${encode({ alg: 'HS256', kid: FIRST_KEY.kid })}.${encode(pushClaims(nowS()))}`;
    return `${signed}.${createHmac('sha256', PEM).update(signed).digest('base64url')}`;
  };
  const bad: readonly (readonly [what: string, token: () => string])[] = [
    ['truncated', () => good().slice(0, -7)],
    ['without its signature', () => good().replace(/[^.]+$/, '')],
    ['of two parts', () => good().split('.').slice(0, 2).join('.')],
    ['no token', () => 'abc'],
    ['signed by another key under a known name', () => rs256(pushClaims(nowS()), FOREIGN_KEY)],
    ['unsigned, by alg none', () => `${encode({ alg: 'none' })}.${encode(pushClaims(nowS()))}.`],
    ['an HMAC with the public key', hs256],
    ['of an algorithm that is not wanted', () => rs256(pushClaims(nowS()), FIRST_KEY, { alg: 'PS256' })],
    ['for another audience', () => good({ aud: 'https://agents.example.com/hooks/other' })],
    ['for no audience', () => good({ aud: undefined })],
    ['of another issuer', () => good({ iss: 'https://issuer.example' })],
    ['of another account', () => good({ email: 'stranger@other.iam.gserviceaccount.com' })],
    ['of an account that is not verified', () => good({ email_verified: false })],
    ['of an account that only claims to be verified', () => good({ email_verified: 'true' })],
    ['expired', () => good({ iat: nowS() - 4000, exp: nowS() - 61 })],
    ['of tomorrow', () => good({ iat: nowS() + 61 })],
    ['not valid yet', () => good({ nbf: nowS() + 61 })],
    ['without an end', () => good({ exp: undefined })],
    ['without a beginning', () => good({ iat: undefined })],
    ['two days old, though it ends next year', () => good({ iat: nowS() - 172_800, exp: nowS() + 31_536_000 })],
    ['with an extension that it calls critical', () => rs256(pushClaims(nowS()), FIRST_KEY, { crit: ['x'], x: 1 })],
    ['with claims that are no object', () => rs256([], FIRST_KEY)],
  ];
  for (const [what, token] of bad) {
    test(`${what}: refused in the same words, and nothing starts`, async (t) => {
      const { send, ingress, fetched } = await start(t);
      const response = await send(token());
      assert.equal(response.status, 401);
      assert.match(((await response.json()) as { detail: string }).detail, /^The delivery is not verified:/);
      assert.deepEqual(ingress.runs.calls, []);
      assert.ok(fetched.every((url) => url === GOOGLE_KEYS));
    });
  }

  test('of the edges of its time is taken', async (t) => {
    const { send } = await start(t);
    for (const changes of [{ iat: nowS() + 50 }, { iat: nowS() - 3640, exp: nowS() - 40 }, { nbf: nowS() + 50 }])
      assert.equal((await send(good(changes))).status, 204);
  });

  test('is not looked for at addresses that it names itself', async (t) => {
    const { send, fetched } = await start(t);
    const jwk = FOREIGN_KEY.jwk;
    for (const header of [
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/cert.pem' },
      { jwk },
      { x5c: ['MIIB'] },
    ])
      assert.equal((await send(rs256(pushClaims(nowS()), FOREIGN_KEY, header))).status, 401);
    assert.deepEqual(fetched, [GOOGLE_KEYS]);
  });

  test('sent twice in one request is refused', async (t) => {
    const { ingress } = await start(t);
    const body = SAMPLE.body;
    const headers = [
      ['content-type', 'application/json'],
      ['authorization', `Bearer ${good()}`],
      ['authorization', `Bearer ${good()}`],
    ] as const;
    const response = await fetch(`${ingress.url}/hooks/google-pubsub`, {
      method: 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body,
    });
    assert.equal(response.status, 401);
    assert.deepEqual(ingress.runs.calls, []);
  });
});

describe('the keys of an issuer', () => {
  test('are not fetched for what is refused without them', async (t) => {
    const { send, fetched } = await start(t);
    for (const token of ['abc', `${encode({ alg: 'none' })}.${encode({})}.`, good({ aud: 'x' }), good({ iss: 'x' })])
      assert.equal((await send(token)).status, 401);
    assert.deepEqual(fetched, []);
  });

  test('are fetched again for an unknown key, but not for each', async (t) => {
    const { send, fetched, clock } = await start(t);
    assert.equal((await send(good())).status, 204);
    const stranger = (n: number): string => rs256(pushClaims(nowS()), FOREIGN_KEY, { kid: `made-up-${n}` });
    for (let n = 0; n < 20; n++) assert.equal((await send(stranger(n))).status, 401);
    assert.equal(fetched.length, 1, 'within 30 s of the last fetch');
    clock.ms = 30_000;
    for (let n = 0; n < 20; n++) assert.equal((await send(stranger(n))).status, 401);
    assert.equal(fetched.length, 2);
  });

  test('are known when the issuer has added one', async (t) => {
    let keys = JSON.stringify({ keys: [FOREIGN_KEY.jwk] }).replace(FOREIGN_KEY.kid, 'former');
    const { send, clock } = await start(t, () => ({ text: keys }));
    assert.equal((await send(good())).status, 401);
    keys = GOOGLE_JWKS;
    clock.ms = 30_000;
    assert.equal((await send(good())).status, 204);
  });

  const away: readonly (readonly [what: string, fetch: () => FetchedDocument])[] = [
    ['its host can not be reached', () => assert.fail('ECONNREFUSED')],
    ['they are not there', () => 'absent'],
    ['they are no keys', () => ({ text: '<html>' })],
    ['there are none', () => ({ text: '{"keys":[]}' })],
  ];
  for (const [what, fetch] of away) {
    test(`${what}: 503, so that the sender tries again, and few fetches`, async (t) => {
      let isAway = true;
      const { send, fetched, clock, ingress } = await start(t, () => (isAway ? fetch() : { text: GOOGLE_JWKS }));
      const responses = await Promise.all(Array.from({ length: 10 }, () => send(good())));
      for (const response of responses) {
        assert.equal(response.status, 503);
        assert.equal(response.headers.get('retry-after'), '5');
        assert.equal(((await response.json()) as { code: string }).code, 'sender_unreachable');
      }
      assert.equal(fetched.length, 1);
      assert.deepEqual(ingress.runs.calls, []);
      isAway = false;
      clock.ms = 5000;
      assert.equal((await send(good())).status, 204);
    });
  }

  test('that are known serve for an hour while their host is away', async (t) => {
    let isAway = false;
    const { send, clock } = await start(t, () => (isAway ? assert.fail('away') : { text: GOOGLE_JWKS }));
    assert.equal((await send(good())).status, 204);
    isAway = true;
    clock.ms = 59 * 60_000;
    assert.equal((await send(good())).status, 204);
    clock.ms = 61 * 60_000;
    assert.equal((await send(good())).status, 503);
  });
});

test('settings that can never verify, or would accept strangers, are refused at start', () => {
  const whole = { audience: [PUSH_AUDIENCE], claims: { email: [PUSH_ACCOUNT] } };
  const rows: readonly (readonly [changes: Partial<SourceOptions>, expected: RegExp])[] = [
    [{ oidc: { ...whole, audience: undefined } }, /^oidc audience is missing|audience is missing/],
    [{ oidc: { ...whole, claims: {} } }, /claims\.email is missing: name the account/],
    [{ preset: 'generic', oidc: { ...whole, issuer: 'https://a.example' } }, /jwks_url is missing/],
    [{ oidc: { ...whole, issuer: 'http://a.example' } }, /issuer "http:\/\/a\.example" must begin with https/],
    [{ oidc: { ...whole, jwks_url: 'http://a.example/k' } }, /jwks_url "http:.*" must begin with https/],
    [{ oidc: { ...whole, algorithms: ['HS256' as never] } }, /algorithms "HS256" must be some of RS256/],
    [{ oidc: whole, secret: ['s'] }, /has no use, because the sender's keys are fetched: remove it/],
    [{ oidc: whole, scheme: 'github' }, /can't be combined with scheme/],
    [{ oidc: whole, unsigned: true }, /can't be combined with oidc/],
  ];
  for (const [changes, expected] of rows) {
    const { faults } = compileOptions([{ ...SAMPLE.options, ...changes }]);
    assert.match(faults.map(({ message }) => message).join(), expected);
  }
});
