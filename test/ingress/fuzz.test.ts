import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openRaw } from '../support/raw-connection.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { startTestIngress } from '../support/test-ingress.ts';

const LIMITS = { body: 4096, bodyTimeout: 200, linger: 50 };
const FIELDS = [
  'text',
  'callback_url',
  'user_id',
  'session_key',
  'directive',
  'response_uri',
  '__proto__',
  'constructor',
];

test('unsigned garbage never starts a run and is never our fault', async (t) => {
  const ingress = await startTestIngress(t, { limits: LIMITS });
  const garbage = fc.record({
    body: fc.uint8Array({ maxLength: 6000 }),
    signature: fc.oneof(fc.string(), fc.stringMatching(/^sha256=[0-9a-f]{0,70}$/)),
    type: fc.constantFrom('application/json', 'text/plain', ''),
  });
  await fc.assert(
    fc.asyncProperty(garbage, async ({ body, signature, type }) => {
      const header = signature.replace(/[^\x21-\x7e]/g, '');
      const response = await ingress.post('/webhook', body, { 'X-Hub-Signature-256': header, 'Content-Type': type });
      await response.arrayBuffer();
      assert.ok(response.status === 401 || response.status === 413, String(response.status));
    }),
    { numRuns: 150 },
  );
  assert.deepEqual(ingress.runs.calls, []);
});

test('signed bodies of any shape are accepted whole or refused with a field, and nothing else', async (t) => {
  const ingress = await startTestIngress(t, { limits: LIMITS });
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('https://ci.example.com/x'), fc.jsonValue());
  const body = fc.oneof(
    fc.dictionary(fc.constantFrom(...FIELDS), value, { noNullPrototype: true }).map((object) => JSON.stringify(object)),
    fc.jsonValue().map((json) => JSON.stringify(json)),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const before = ingress.runs.started.length;
      const bytes = Buffer.from(text);
      const response = await ingress.post('/invoke', bytes, hubHeaders('alpha-secret', bytes));
      const answer = (await response.json()) as { errors?: unknown[] };
      assert.ok([202, 400, 413, 422].includes(response.status), String(response.status));
      assert.equal(ingress.runs.started.length - before, response.status === 202 ? 1 : 0);
      if (response.status === 422) assert.ok((answer.errors ?? []).length > 0);
      for (const task of ingress.runs.started.slice(before)) {
        assert.notEqual(task.input.task.text.trim(), '');
        assert.notEqual(task.input.task.sessionKey, '');
      }
    }),
    { numRuns: 300 },
  );
});

test('paths, queries and headers of any shape are never our fault', async (t) => {
  const ingress = await startTestIngress(t, { limits: LIMITS });
  const path = fc.oneof(
    fc.webPath(),
    fc.webPath().map((tail) => `/v1/runs${tail}`),
  );
  await fc.assert(
    fc.asyncProperty(
      path,
      fc.webQueryParameters(),
      fc.constantFrom('GET', 'POST', 'PUT', 'HEAD'),
      async (at, query, method) => {
        const response = await ingress.ask(`${at}?${query}`, {
          method,
          headers: { 'X-Request-Id': query.slice(0, 100) },
        });
        await response.arrayBuffer();
        assert.ok(response.status >= 200 && response.status < 500, String(response.status));
      },
    ),
    { numRuns: 200 },
  );
  assert.deepEqual(
    ingress.logs.filter(({ level }) => level === 'error'),
    [],
  );
});

test('bytes of any kind on the wire leave the server serving', async (t) => {
  const ingress = await startTestIngress(t, { limits: LIMITS, serverLimits: { headersTimeout: 200 } });
  const line = fc.constantFrom(
    'POST /webhook HTTP/1.1\r\nHost: x\r\n',
    'Content-Length: 9\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    '5\r\n',
    'GET ',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, fc.string({ unit: 'binary' }))), async (parts) => {
      const raw = await openRaw(ingress.port);
      raw.socket.end(parts.join(''));
      assert.doesNotMatch(await raw.closed(), /^HTTP\/1\.1 5/m);
    }),
    { numRuns: 100 },
  );
  assert.equal((await fetch(`${ingress.url}/healthz`)).status, 200);
  assert.deepEqual(ingress.runs.calls, []);
});
