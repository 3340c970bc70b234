import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAdminApp } from '../../src/ingress/app.ts';
import { serveAdmin } from '../../src/ingress/http/serve.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { startTestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

describe('an unknown path or method', () => {
  test('is a 404 problem', async (t) => {
    const ingress = await startTestIngress(t);
    for (const path of ['/nothing', '/WEBHOOK', '/v1', '//webhook/x', '/webhook%2f', '/%zz']) {
      const response = await ingress.ask(path);
      assert.equal(response.status, 404, path);
      assert.equal(((await response.json()) as Problem).code, 'not_found');
    }
  });

  for (const [method, path, allow] of [
    ['GET', '/webhook', 'POST'],
    ['PUT', '/invoke', 'POST'],
    ['OPTIONS', '/webhook', 'POST'],
    ['POST', `/v1/runs/run-${'a'.repeat(26)}`, 'HEAD, GET, DELETE'],
    ['DELETE', '/healthz', 'HEAD, GET'],
  ] as const) {
    test(`${method} ${path} is a 405 problem with Allow`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.ask(path, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), allow);
      assert.equal(((await response.json()) as Problem).code, 'method_not_allowed');
    });
  }
});

describe('health', () => {
  test('is told without a key, and readiness follows Temporal', async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await fetch(`${ingress.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${ingress.url}/readyz`)).status, 200);
    ingress.runs.readiness = 'temporal_unavailable';
    assert.equal((await fetch(`${ingress.url}/healthz`)).status, 200);
    const response = await fetch(`${ingress.url}/readyz`);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '2');
    ingress.runs.readiness = 'temporal_not_set_up';
    const problem = (await (await fetch(`${ingress.url}/readyz`)).json()) as Problem;
    assert.equal(problem.code, 'temporal_not_set_up');
    assert.match(problem.detail, /run `garudust-temporal setup`/);
  });

  test('on the admin port names the agents at fault, and stays ready', async (t) => {
    const faults = [{ name: 'demo', code: 'AgentKeyRefused' }];
    const app = createAdminApp({
      metricsText: () => Promise.resolve(''),
      readiness: () => Promise.resolve('ready'),
      agentsAtFault: () => faults,
      limits: { body: 1024, linger: 100 },
      logger: { info: () => undefined, error: () => undefined },
    });
    const admin = await serveAdmin({
      app,
      host: '127.0.0.1',
      port: 0,
      logger: { info: () => undefined, error: () => undefined },
    });
    t.after(() => admin.drain(0));
    const response = await fetch(`${admin.url}/readyz`);
    assert.deepEqual(await response.json(), { status: 'ready', agents_at_fault: faults });
    assert.equal(response.status, 200);
    faults.pop();
    assert.deepEqual(await (await fetch(`${admin.url}/readyz`)).json(), { status: 'ready' });
  });
});

describe('the request id', () => {
  test('is the one of the caller, in header, problem and log', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.ask('/nothing', { headers: { 'X-Request-Id': 'trace/1.2:3' } });
    assert.equal(response.headers.get('x-request-id'), 'trace/1.2:3');
    assert.equal(((await response.json()) as Problem).request_id, 'trace/1.2:3');
    await waitFor('the log line', () => ingress.logs.length === 1);
    assert.equal(ingress.logs[0]?.fields['request_id'], 'trace/1.2:3');
  });

  for (const given of ['', 'a b', 'x'.repeat(129), '{"a":1}', '<b>', 'é']) {
    test(`"${given.slice(0, 10)}" is replaced`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.ask('/nothing', { headers: { 'X-Request-Id': given } });
      assert.match(response.headers.get('x-request-id') ?? '', /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
    });
  }
});

describe('an unexpected failure', () => {
  test('is logged whole and answered blandly', async (t) => {
    const ingress = await startTestIngress(t);
    ingress.runs.failure = new Error('connect ECONNREFUSED temporal.internal:7233');
    const response = await ingress.post('/webhook', '{"text":"Hi"}');
    const text = await response.text();
    const logged = ingress.logs.find(({ level }) => level === 'error');
    assert.equal(response.status, 500);
    assert.doesNotMatch(text, /temporal\.internal|ECONNREFUSED|\.ts/);
    assert.equal(logged?.fields['err'], ingress.runs.failure);
    assert.equal(logged?.fields['request_id'], response.headers.get('x-request-id'));
  });
});

describe('the log', () => {
  test('has one line a request, with what happened and no secret', async (t) => {
    const ingress = await startTestIngress(t);
    const body = '{"text":"private text","callback_url":"https://ci.example.com/?token=hush"}';
    const response = await ingress.post('/webhook?key=hush', body);
    const { id } = (await response.json()) as { id: string };
    await waitFor('the log line', () => ingress.logs.length === 1);
    const { duration_ms: duration, ...fields } = ingress.logs[0]?.fields ?? {};
    assert.ok(typeof duration === 'number' && duration >= 0);
    assert.deepEqual(fields, {
      request_id: response.headers.get('x-request-id'),
      method: 'POST',
      path: '/webhook',
      status: 202,
      client: 'alpha',
      source: 'webhook',
      run_id: id,
      duplicate: false,
    });
    assert.doesNotMatch(JSON.stringify(ingress.logs), /hush|private|alpha-secret|sha256=/);
  });

  test('counts by route, not by path', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.ask(`/v1/runs/run-${'a'.repeat(26)}`);
    await ingress.ask('/some/unknown/path');
    await waitFor('the counts', () => ingress.counted.length === 2);
    assert.deepEqual(ingress.counted, [
      { route: '/v1/runs/:id', method: 'GET', status: 404 },
      { route: 'none', method: 'GET', status: 404 },
    ]);
  });
});

describe('an ingress that can not work', () => {
  test('is not made', async (t) => {
    await assert.rejects(
      startTestIngress(t, { defaultAgent: 'gone' }),
      /default agent "gone" is not configured.*demo, reviewer/,
    );
    await assert.rejects(
      startTestIngress(t, { endpointPath: '/in(voke' }),
      /endpoint path "\/in\(voke" is not a plain path/,
    );
    await assert.rejects(startTestIngress(t, { endpointPath: '/v1/runs/:id' }), /not a plain path/);
  });
});
