import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProblemError, type Problem } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const UNKNOWN = `run-${'a'.repeat(26)}`;

async function startRun(ingress: TestIngress): Promise<string> {
  const response = await ingress.post('/webhook', '{"text":"Hi","callback_url":"https://ci.example.com/x"}');
  return ((await response.json()) as RunResource).id;
}

/** Everything of an answer but what differs with every request. */
async function readSame(response: Response): Promise<unknown> {
  const body = await response.text();
  const requestId = response.headers.get('x-request-id') ?? 'none';
  const headers = Object.fromEntries(response.headers);
  delete headers['date'];
  return { status: response.status, headers: { ...headers, 'x-request-id': '' }, body: body.replaceAll(requestId, '') };
}

describe('an API key', () => {
  const refused: [string, Record<string, string>, string][] = [
    ['that is missing', { Authorization: '' }, 'api_key_missing'],
    ['of nobody', { Authorization: 'Bearer nobody-key' }, 'api_key_invalid'],
    ['that begins well', { Authorization: 'Bearer alpha-ke' }, 'api_key_invalid'],
    ['in another scheme', { Authorization: 'Basic alpha-key' }, 'api_key_invalid'],
    ['that is empty', { Authorization: 'Bearer ' }, 'api_key_invalid'],
    ['that is a webhook secret', { Authorization: 'Bearer alpha-secret' }, 'api_key_invalid'],
  ];
  for (const [which, headers, code] of refused) {
    test(`${which} is refused on every route`, async (t) => {
      const ingress = await startTestIngress(t);
      for (const [method, path] of [
        ['GET', ''],
        ['POST', '/cancel'],
        ['POST', '/redeliver'],
        ['DELETE', ''],
      ] as const) {
        const response = await ingress.ask(`/v1/runs/${UNKNOWN}${path}`, { method, headers });
        assert.equal(response.status, 401);
        assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
        assert.equal(((await response.json()) as Problem).code, code);
      }
      assert.deepEqual(ingress.runs.calls, []);
    });
  }

  test('is the only way in: with none configured nothing is shown', async (t) => {
    const ingress = await startTestIngress(t, {
      clients: [{ id: 'a', webhookSecret: ['alpha-secret'], apiKey: [], allowedCallbackDomains: [] }],
    });
    for (const value of ['Bearer ', 'Bearer undefined', 'Bearer x']) {
      assert.equal((await ingress.ask(`/v1/runs/${UNKNOWN}`, { headers: { Authorization: value } })).status, 401);
    }
  });
});

describe('a run', () => {
  test('is read by its own client', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const response = await ingress.ask(`/v1/runs/${id}`);
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as RunResource).id, id);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  });

  test('of another client, an unknown one and an impossible one get one and the same 404', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const headers = { Authorization: 'Bearer beta-key' };
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '?wait=1'],
      ['POST', '/cancel'],
      ['POST', '/redeliver'],
      ['DELETE', ''],
    ] as const) {
      const [foreign, unknown, impossible] = await Promise.all(
        [id, UNKNOWN, 'run-%00'].map(async (run) =>
          readSame(await ingress.ask(`/v1/runs/${run}${path}`, { method, headers })),
        ),
      );
      assert.equal((foreign as { status: number }).status, 404);
      assert.deepEqual(foreign, unknown);
      assert.deepEqual(unknown, impossible);
    }
  });

  test('whose id can not be one is not asked for at Temporal', async (t) => {
    const ingress = await startTestIngress(t);
    for (const id of ['x', 'run-', `run-${'A'.repeat(26)}`, `run-${'a'.repeat(27)}`, '%zz', `${UNKNOWN}%0a`]) {
      assert.equal((await ingress.ask(`/v1/runs/${id}`)).status, 404, id);
    }
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('that can not be read while Temporal is away is a 503', async (t) => {
    const ingress = await startTestIngress(t);
    ingress.runs.failure = new ProblemError('temporal_unavailable', 'Temporal does not answer.');
    const response = await ingress.ask(`/v1/runs/${UNKNOWN}`);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '2');
  });
});

describe('deleting', () => {
  test('takes a run that has ended, once', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const open = await ingress.ask(`/v1/runs/${id}`, { method: 'DELETE' });
    assert.deepEqual([open.status, ((await open.json()) as Problem).code], [409, 'run_open']);
    ingress.runs.update(id, { status: 'completed', terminal: true });
    const deleted = await ingress.ask(`/v1/runs/${id}`, { method: 'DELETE' });
    assert.deepEqual([deleted.status, await deleted.text()], [204, '']);
    assert.equal((await ingress.ask(`/v1/runs/${id}`, { method: 'DELETE' })).status, 404);
    assert.equal((await ingress.ask(`/v1/runs/${id}`)).status, 404);
  });
});

describe('waiting', () => {
  test('ends when the run does', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const waiting = ingress.ask(`/v1/runs/${id}?wait=60`);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    ingress.runs.update(id, { status: 'completed', terminal: true, output: 'Done' });
    const response = await waiting;
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as RunResource).output, 'Done');
  });

  test('ends with the run as it is when the time is up', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.ask(`/v1/runs/${await startRun(ingress)}?wait=1`);
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as RunResource).status, 'queued');
  });

  test('for no time asks once and does not wait', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    assert.equal((await ingress.ask(`/v1/runs/${id}?wait=0`)).status, 200);
    assert.equal(ingress.runs.calls.at(-1), `get ${id}`);
  });

  test('ends when the caller hangs up, and is no error', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const hangUp = new AbortController();
    const waiting = ingress.ask(`/v1/runs/${id}?wait=60`, { signal: hangUp.signal }).catch((error: unknown) => error);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    hangUp.abort();
    await waiting;
    await waitFor('its end', () => ingress.runs.waiting === 0);
    await waitFor('the log line', () => ingress.logs.some(({ fields }) => fields['status'] === 499));
    assert.deepEqual(
      ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
  });

  for (const wait of ['61', '-1', '1.5', '', 'x', '1e1', '0x1', '9999999999999999999', '1&wait=2', '%31%20']) {
    test(`for "${wait}" seconds is refused`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.ask(`/v1/runs/${UNKNOWN}?wait=${wait}`);
      const problem = (await response.json()) as Problem;
      assert.equal(response.status, 422);
      assert.equal(problem.code, 'invalid_parameter');
      assert.equal(problem.errors?.[0]?.field, 'wait');
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});

describe('cancelling', () => {
  test('answers 202, or 200 when the run is over', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const first = await ingress.ask(`/v1/runs/${id}/cancel`, { method: 'POST' });
    ingress.runs.update(id, { status: 'canceled', terminal: true });
    const second = await ingress.ask(`/v1/runs/${id}/cancel`, { method: 'POST' });
    assert.deepEqual([first.status, second.status], [202, 200]);
    assert.equal(((await second.json()) as RunResource).status, 'canceled');
  });
});

function redeliver(ingress: TestIngress, id: string, body?: string): Promise<Response> {
  return ingress.ask(`/v1/runs/${id}/redeliver`, { method: 'POST', ...(body !== undefined && { body }) });
}

describe('redelivering', () => {
  test('answers 202 for a dead letter and 200 where nothing is due', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const idle = await redeliver(ingress, id);
    ingress.runs.update(id, { callback: { status: 'dead' } });
    const dead = await redeliver(ingress, id, '{}');
    assert.deepEqual([idle.status, dead.status], [200, 202]);
    assert.deepEqual(ingress.runs.redelivered, [undefined, undefined]);
  });

  test('takes another address that policy permits', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    await redeliver(ingress, id, '{"callback_url":"https://ops.example.com/new"}');
    assert.deepEqual(ingress.runs.redelivered, ['https://ops.example.com/new']);
  });

  for (const [body, status, code] of [
    ['{"callback_url":"http://127.0.0.1/"}', 422, 'callback_url_refused'],
    ['{"callback_url":5}', 422, 'invalid_parameter'],
    ['{"url":"https://ops.example.com/"}', 422, 'invalid_parameter'],
    ['[]', 422, 'invalid_parameter'],
    ['{', 400, 'malformed_json'],
  ] as const) {
    test(`refuses ${body}`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await redeliver(ingress, await startRun(ingress), body);
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [status, code]);
      assert.deepEqual(ingress.runs.redelivered, []);
    });
  }
});
