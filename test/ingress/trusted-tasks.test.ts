import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { runResource } from '../../src/protocol/run-resource.ts';
import { ALPHA, startTestIngress, type TestIngress } from '../support/test-ingress.ts';

const TASK = JSON.stringify({ text: 'Summarise', callback_url: 'https://ci.example.com/hooks', session_key: 's1' });

function post(
  ingress: Pick<TestIngress, 'ask'>,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return ingress.ask('/v1/runs', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as Problem).code];
}

describe('a task with an API key', () => {
  test('is the same task as a signed one at /webhook, and answered the same', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await post(ingress, TASK);
    const run = runResource.parse(await response.json());
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('location'), `/v1/runs/${run.id}`);
    assert.equal(response.headers.get('retry-after'), '1');
    await ingress.post('/webhook', TASK);
    const [trusted, signed] = ingress.runs.started;
    assert.deepEqual(trusted?.input, signed?.input);
    assert.deepEqual(trusted?.memo, signed?.memo);
    assert.equal(trusted?.input.client, 'alpha');
  });

  test('takes the other vocabulary too', async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await post(ingress, '{"directive":"Summarise"}')).status, 202);
    assert.equal(ingress.runs.started[0]?.input.task.text, 'Summarise');
  });

  test('repeated with its key is the same run, also where it is repeated at /webhook', async (t) => {
    const ingress = await startTestIngress(t);
    const headers = { 'Idempotency-Key': 'report-1' };
    const first = await post(ingress, TASK, headers);
    const again = await post(ingress, TASK, headers);
    const signed = await ingress.post('/webhook', TASK, headers);
    const ids = await Promise.all([first, again, signed].map(async (r) => runResource.parse(await r.json()).id));
    assert.equal(new Set(ids).size, 1);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(signed.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(await codeOf(await post(ingress, '{"text":"Other"}', headers)), [409, 'idempotency_conflict']);
  });

  test('with the same key of another client is another run', async (t) => {
    const ingress = await startTestIngress(t);
    const headers = { 'Idempotency-Key': 'report-1' };
    await post(ingress, TASK, headers);
    await post(ingress, TASK, { ...headers, Authorization: 'Bearer beta-key' });
    assert.deepEqual(
      ingress.runs.started.map(({ input }) => [input.client, input.agent]),
      [
        ['alpha', 'demo'],
        ['beta', 'reviewer'],
      ],
    );
    assert.equal(new Set(ingress.runs.started.map(({ runId }) => runId)).size, 2);
  });

  test('is refused as a signed one is: by fields, callback policy, media type, key and size', async (t) => {
    const ingress = await startTestIngress(t);
    const refused: [string, Record<string, string>, [number, string]][] = [
      ['{"text":"x","txet":"y"}', {}, [422, 'invalid_task']],
      ['{', {}, [400, 'malformed_json']],
      ['{"text":"x","callback_url":"http://10.0.0.1/"}', {}, [422, 'callback_url_refused']],
      [TASK, { 'Content-Type': 'text/plain' }, [415, 'unsupported_media_type']],
      [TASK, { 'Idempotency-Key': 'é' }, [422, 'invalid_idempotency_key']],
      [JSON.stringify({ text: 'x'.repeat(70_000) }), {}, [413, 'body_too_large']],
    ];
    for (const [body, headers, wanted] of refused) {
      assert.deepEqual(await codeOf(await post(ingress, body, headers)), wanted, body.slice(0, 40));
    }
    assert.deepEqual(ingress.runs.started, []);
  });

  test('needs a key: a signature is none', async (t) => {
    const ingress = await startTestIngress(t);
    assert.deepEqual(await codeOf(await ingress.post('/v1/runs', TASK)), [401, 'api_key_missing']);
    assert.deepEqual(await codeOf(await post(ingress, TASK, { Authorization: 'Bearer alpha-secret' })), [
      401,
      'api_key_invalid',
    ]);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('counts in the rate of its client, with the signed ones', async (t) => {
    const clients = [{ ...ALPHA, rateLimit: { count: 2, windowMs: 60_000 } }];
    const ingress = await startTestIngress(t, { clients });
    assert.equal((await ingress.post('/webhook', TASK)).status, 202);
    const second = await post(ingress, TASK);
    assert.equal(second.status, 202);
    assert.match(second.headers.get('ratelimit') ?? '', /"rate";r=0/);
    assert.deepEqual(await codeOf(await post(ingress, TASK)), [429, 'rate_limited']);
  });
});
