import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { HANDSHAKE_KIND_NAMES, type HandshakeKind } from '../../src/sources/handshakes.ts';
import { SOURCE_SAMPLES, type SourceOptions } from '../support/source-samples.ts';
import { compileOptions, startSource } from '../support/source-under-test.ts';

const { generic } = SOURCE_SAMPLES;
assert.ok(generic);
const CI = generic;

async function start(t: Parameters<typeof startSource>[0], handshake: NonNullable<SourceOptions['handshake']>) {
  const shown: string[][] = [];
  const keepSecret = async (...secret: string[]): Promise<void> => void shown.push(secret);
  const source = await startSource(t, CI, { handshake }, { keepSecret });
  return { ...source, shown, url: `${source.ingress.url}/hooks/ci` };
}

type Asked = Awaited<ReturnType<typeof start>>;

describe('a handshake', () => {
  test('repeats a query value as text where the token fits, and nothing where it does not', async (t) => {
    const { url, ingress } = await start(t, {
      kind: 'echo_query',
      query: 'hub.challenge',
      token_query: 'hub.verify_token',
      token: 'my-token',
    });
    const good = await fetch(`${url}?hub.mode=subscribe&hub.verify_token=my-token&hub.challenge=1158%3Cb%3E`);
    assert.deepEqual(
      [good.status, good.headers.get('content-type'), good.headers.get('x-content-type-options'), await good.text()],
      [200, 'text/plain; charset=utf-8', 'nosniff', '1158<b>'],
    );
    for (const query of [
      'hub.verify_token=other&hub.challenge=canary',
      'hub.challenge=canary',
      '',
      'hub.verify_token=my-token',
    ]) {
      const bad = await fetch(`${url}?${query}`);
      assert.equal(bad.status, 403, query);
      assert.doesNotMatch(await bad.text(), /canary/);
    }
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('repeats a header, and keeps it for the operator alone', async (t) => {
    const { shown, ingress, ...sender } = await start(t, { kind: 'echo_header', header: 'X-Hook-Secret' });
    const answer = await sender.send({ secret: 'other', headers: { 'X-Hook-Secret': 's3cr3t' }, body: '' });
    assert.deepEqual([answer.status, answer.headers.get('x-hook-secret'), await answer.text()], [200, 's3cr3t', '']);
    assert.deepEqual(shown, [['ci', 's3cr3t']]);
    assert.deepEqual(ingress.runs.calls, []);
    assert.equal((await sender.send({ secret: 'other' })).status, 401, 'without the header it is an event');
  });

  test('answers with a field and its HMAC, in a list too, once the delivery is verified', async (t) => {
    const { ingress, ...sender } = await start(t, {
      kind: 'echo_field',
      when: { 'event[0].type': 'validate' },
      field: 'event[0].data.plain',
      answer_field: 'plain',
      hmac_field: 'encrypted',
    });
    const body = JSON.stringify([{ type: 'validate', data: { plain: 'q9' } }]);
    const answer = await sender.send({ body });
    const encrypted = createHmac('sha256', 'generic-secret').update('q9').digest('hex');
    assert.deepEqual([answer.status, await answer.json()], [200, { plain: 'q9', encrypted }]);
    assert.equal((await sender.send({ body, secret: 'other' })).status, 401);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('answers GET and HEAD', async (t) => {
    const { url } = await start(t, { kind: 'reachable' });
    for (const method of ['GET', 'HEAD']) assert.equal((await fetch(url, { method })).status, 200, method);
    const other = await startSource(t, CI);
    assert.equal((await fetch(`${other.ingress.url}/hooks/ci`)).status, 405);
  });

  test('accepts an unsigned ping of its form, and nothing more', async (t) => {
    const { ingress, ...sender } = await start(t, { kind: 'unsigned_ping', field: 'webhook_id' });
    const form = 'application/x-www-form-urlencoded';
    const ping = { secret: 'other', contentType: form };
    assert.equal((await sender.send({ ...ping, body: 'webhook_id=12' })).status, 200);
    assert.equal((await sender.send({ ...ping, body: 'webhook_id=12&a=b' })).status, 401);
    assert.equal((await sender.send({ ...ping, body: 'webhook_id=12', contentType: 'application/json' })).status, 401);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('keeps a secret that a sender posts, never in an answer', async (t) => {
    const { shown, ...sender } = await start(t, { kind: 'show_secret', field: 'verification_token' });
    const answer = await sender.send({ secret: 'other', body: '{"verification_token":"secret_1"}' });
    assert.deepEqual([answer.status, await answer.text(), shown], [200, '', [['ci', 'secret_1']]]);
    assert.equal((await sender.send({ secret: 'other', body: '{"verification_token":"a","b":1}' })).status, 401);
  });
});

test('a source whose sender tells its secret later may start without one, and takes nothing yet', async (t) => {
  const handshake = { kind: 'echo_header', header: 'X-Hook-Secret' } as const;
  const options = { ...CI.options, handshake, secret: [] };
  const { faults, warnings, sources } = compileOptions([options]);
  assert.deepEqual(faults, []);
  assert.match(warnings.map(({ message }) => message).join(), /is not set yet/);
  const source = await startSource(t, { ...CI, options: CI.options }, {}, { sources });
  assert.equal((await source.send()).status, 401);
});

test('a handshake that lacks a part is refused at start', () => {
  for (const [handshake, expected] of [
    [{ kind: 'echo_query' }, /needs query/],
    [{ kind: 'echo_query', query: 'c', token_query: 't' }, /needs token/],
    [{ kind: 'echo_field', field: 'event.a' }, /needs answer_field/],
    [{ kind: 'echo_field', field: 'evnt.a', answer_field: 'a' }, /there is no "evnt"/],
  ] as const) {
    const { faults } = compileOptions([{ ...CI.options, handshake }]);
    assert.match(faults.map(({ message }) => message).join(), expected);
  }
});

/** For each kind a request that must not pass for its handshake: what the sender gets, and that nothing of it comes back. */
const FORGED: Readonly<Record<HandshakeKind, (source: Asked) => readonly [Promise<Response>, number][]>> = {
  echo_query: ({ url }) => [
    [fetch(`${url}?token=other&challenge=canary`), 403],
    [fetch(`${url}?token=&challenge=canary`), 403],
    [fetch(`${url}?token=my-token2&challenge=canary`), 403],
    [fetch(`${url}?token=my-token&token=other&challenge=${'canary'.repeat(200)}`), 403],
    [fetch(`${url}?challenge=canary`, { headers: { token: 'my-token' } }), 403],
  ],
  echo_header: (source) => [
    [source.send({ secret: 'other', headers: { 'X-Secret': 'canary with spaces' } }), 403],
    [source.send({ secret: 'other', headers: { 'X-Secret': 'canary'.repeat(200) } }), 403],
    [
      source.send({ secret: 'other', alter: (lines) => [...lines, ['X-Secret', 'canary'], ['X-Secret', 'canary']] }),
      401,
    ],
  ],
  echo_field: (source) => [[source.send({ secret: 'other', body: '{"challenge":"canary"}' }), 401]],
  reachable: (source) => [[source.send({ secret: 'other', body: '{"challenge":"canary"}' }), 401]],
  unsigned_ping: (source) => [[source.send({ secret: 'other', body: 'challenge=canary&a=b', contentType: FORM }), 401]],
  show_secret: (source) => [
    [source.send({ secret: 'other', body: '{"challenge":"canary","a":1}' }), 401],
    [source.send({ secret: 'other', body: `{"challenge":"${'canary'.repeat(200)}"}` }), 401],
  ],
  confirm_url: (source) => [
    [source.send({ secret: 'other', body: '{"challenge":"https://confirm.example/canary"}' }), 401],
  ],
  ignore: (source) => [[source.send({ secret: 'other', body: '{"challenge":"canary"}' }), 401]],
};

const FORM = 'application/x-www-form-urlencoded';
const PARTS = {
  echo_query: { query: 'challenge', token_query: 'token', token: 'my-token' },
  echo_header: { header: 'X-Secret' },
  echo_field: { field: 'event.challenge', answer_field: 'challenge' },
  reachable: {},
  unsigned_ping: { field: 'challenge' },
  show_secret: { field: 'challenge' },
  confirm_url: { field: 'event.challenge', urls: ['https://confirm.example/*'] },
  ignore: { when: { 'event.challenge': { $exists: true } }, reason: 'asked' },
} satisfies Record<HandshakeKind, object>;

for (const kind of HANDSHAKE_KIND_NAMES) {
  test(`a forged ${kind} is refused, and nothing of it comes back`, async (t) => {
    const source = await start(t, { kind, ...PARTS[kind] });
    for (const [sent, status] of FORGED[kind](source)) {
      const answer = await sent;
      assert.equal(answer.status, status);
      assert.doesNotMatch(`${await answer.text()} ${JSON.stringify([...answer.headers])}`, /canary/);
    }
    assert.deepEqual([source.shown, source.ingress.runs.calls], [[], []]);
  });
}
