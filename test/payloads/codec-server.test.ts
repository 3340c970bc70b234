import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { createCodecServer, type CodecServerOptions } from '../../src/payloads/codec-server/codec-server.ts';
import { writePayloads } from '../../src/payloads/codec-server/payload-json.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { isRecord } from '../../src/values/is-record.ts';

const CODEC = new EncryptionCodec({ keys: [{ id: 'k1', key: createSecretKey(randomBytes(32)) }] });
const TOKEN = 'the-token-of-the-codec-server';
const UI = 'https://temporal.example.com';
const CANARY = 'canary-of-a-payload';
const PLAIN = writePayloads([defaultPayloadConverter.toPayload(CANARY)]);
const JSON_TYPE = { 'Content-Type': 'application/json' };
const BEARER = { ...JSON_TYPE, Authorization: `Bearer ${TOKEN}` };

async function start(t: TestContext, overrides: Partial<CodecServerOptions> = {}) {
  const lines: string[] = [];
  const log = (fields: object): void => void lines.push(JSON.stringify(fields));
  const server = createCodecServer({
    ...{ codecs: [CODEC], tokens: [TOKEN], origins: [UI], maxBodyBytes: 100_000 },
    ...{ logger: { info: log, error: log }, ...overrides },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, { method: 'POST', headers: BEARER, ...init });
    const text = await response.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      message: String(isRecord(parsed) && parsed['message']),
    };
  };
  return { ask, lines };
}

describe('the codec server', () => {
  test('encodes and decodes, also below a namespace, and logs nothing of a payload', async (t) => {
    const { ask, lines } = await start(t);
    const encoded = await ask('/encode', { body: PLAIN });
    assert.equal(encoded.status, 200);
    assert.ok(!encoded.text.includes(Buffer.from(CANARY).toString('base64').slice(0, 12)));
    const decoded = await ask('/default/decode', { body: encoded.text });
    assert.deepEqual([decoded.status, JSON.parse(decoded.text)], [200, JSON.parse(PLAIN)]);
    assert.deepEqual(
      JSON.parse((await ask('/decode', { body: PLAIN })).text),
      JSON.parse(PLAIN),
      'what is not encrypted',
    );
    assert.equal(lines.length, 3);
    assert.match(lines[1] ?? '', /"method":"POST","route":"decode","status":200,"duration_ms":\d+,"payloads":1/);
    for (const line of lines) assert.doesNotMatch(line, /canary|Y2FuYXJ5|token|default/);
  });

  test('wants the token, as a bearer or as a password', async (t) => {
    const { ask, lines } = await start(t, { tokens: ['another-token-that-rotates', TOKEN] });
    const basic = (text: string) => ({ ...JSON_TYPE, Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const rows: [Record<string, string>, number][] = [
      [BEARER, 200],
      [basic(`anybody:${TOKEN}`), 200],
      [basic(`:${TOKEN}`), 200],
      [JSON_TYPE, 401],
      [{ ...JSON_TYPE, Authorization: TOKEN }, 401],
      [{ ...JSON_TYPE, Authorization: `Bearer ${TOKEN}x` }, 401],
      [{ ...JSON_TYPE, Authorization: 'Bearer ' }, 401],
      [basic('anybody:'), 401],
      [basic(`${TOKEN}:x`), 401],
    ];
    for (const [headers, status] of rows) {
      const answer = await ask('/decode', { body: PLAIN, headers });
      assert.equal(answer.status, status, JSON.stringify(headers));
      assert.equal(answer.headers.has('www-authenticate'), status === 401);
      if (status === 401) assert.ok(!answer.text.includes('payloads'));
    }
    assert.equal((await ask('/', { method: 'GET', headers: {} })).status, 401);
    assert.match((await ask('/', { method: 'GET', headers: BEARER })).message, /include cross-origin credentials/);
    const session = (await ask('/', { method: 'GET', headers: BEARER })).headers.get('set-cookie') ?? '';
    assert.match(session, /^codec_session=\d+\.[\da-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/);
    const withCookie = (cookie: string) => ({ body: PLAIN, headers: { ...JSON_TYPE, Cookie: cookie } });
    const [cookie = ''] = session.split(';');
    assert.equal((await ask('/decode', withCookie(`other=1; ${cookie}`))).status, 200);
    for (const forged of [
      cookie.replace(/=\d/, '=9'),
      cookie.slice(0, -1),
      cookie.replace(/=\d+/, '=1'),
      'codec_session=',
    ]) {
      assert.equal((await ask('/decode', withCookie(forged))).status, 401, forged);
    }
    assert.equal((await ask('/healthz', { method: 'GET', headers: {} })).status, 200);
    for (const line of lines) assert.ok(!line.includes(TOKEN));
  });

  test('answers pages of its origins alone, and their preflights without a login', async (t) => {
    const { ask } = await start(t);
    const preflight = await ask('/decode', { method: 'OPTIONS', headers: { Origin: UI } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), UI);
    assert.equal(preflight.headers.get('access-control-allow-credentials'), 'true');
    assert.match(
      preflight.headers.get('access-control-allow-headers') ?? '',
      /Authorization.*Content-Type, X-Namespace/,
    );
    const allowed = await ask('/decode', { body: PLAIN, headers: { ...BEARER, Origin: UI } });
    assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin')], [200, UI]);
    for (const origin of ['https://evil.example.com', 'null', `${UI}.evil.example`, 'http://temporal.example.com']) {
      const refused = await ask('/decode', { body: PLAIN, headers: { ...BEARER, Origin: origin } });
      assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, null], origin);
      const early = await ask('/decode', { method: 'OPTIONS', headers: { Origin: origin } });
      assert.deepEqual([early.status, early.headers.get('access-control-allow-origin')], [403, null], origin);
    }
  });

  test('refuses other bodies, paths and methods, and what is too large', async (t) => {
    const { ask } = await start(t);
    const rows: [string, RequestInit, number][] = [
      ['/decode', { body: '{' }, 400],
      ['/decode', { body: '{"payloads":{}}' }, 400],
      ['/decode', { body: '{"payloads":[{"metadata":{"encoding":1}}]}' }, 400],
      ['/decode', { body: '[]' }, 400],
      ['/decode', { body: `{"payloads":[{"data":"${'A'.repeat(100_000)}"}]}` }, 413],
      ['/decode', { body: PLAIN, headers: { ...BEARER, 'Content-Type': 'text/plain' } }, 415],
      ['/decode', { method: 'GET' }, 405],
      ['/other', { body: PLAIN }, 404],
      ['/a/b/decode', { body: PLAIN }, 404],
    ];
    for (const [path, init, status] of rows) {
      assert.equal((await ask(path, init)).status, status, JSON.stringify([path, init]).slice(0, 200));
    }
  });

  test('says which key is missing', async (t) => {
    const { ask } = await start(t);
    const other = await start(t, { codecs: [new EncryptionCodec({ keys: [] })] });
    const { text } = await ask('/encode', { body: PLAIN });
    const answer = await other.ask('/decode', { body: text });
    assert.equal(answer.status, 422);
    assert.match(answer.message, /encrypted with the key "k1", and this process has no payload keys/);
  });

  test('without a token asks for none', async (t) => {
    const { ask } = await start(t, { tokens: [] });
    assert.equal((await ask('/decode', { body: PLAIN, headers: JSON_TYPE })).status, 200);
  });
});
