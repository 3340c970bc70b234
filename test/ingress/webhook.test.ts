import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { runResource } from '../../src/protocol/run-resource.ts';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';

const NATIVE = JSON.stringify({
  text: 'Summarise',
  callback_url: 'https://ci.example.com/hooks?k=1',
  user_id: 'u1',
  user_name: 'Ada',
  session_key: 's1',
});
const ARTICLE = JSON.stringify({
  directive: 'Summarise',
  response_uri: 'https://ci.example.com/hooks?k=1',
  principal: 'u1',
  conversation_anchor: 's1',
});

describe('a signed task', () => {
  for (const path of ['/webhook', '/invoke']) {
    for (const [words, body] of [
      ['native', NATIVE],
      ['article', ARTICLE],
    ] as const) {
      test(`in the ${words} words is accepted at ${path}`, async (t) => {
        const ingress = await startTestIngress(t);
        const response = await ingress.post(path, body);
        const run = runResource.parse(await response.json());
        assert.equal(response.status, 202);
        assert.match(run.id, /^run-[a-z2-7]{26}$/);
        assert.equal(response.headers.get('location'), `/v1/runs/${run.id}`);
        assert.equal(response.headers.get('retry-after'), '1');
        assert.equal(response.headers.get('idempotent-replayed'), null);
        assert.equal(ingress.runs.started[0]?.input.task.text, 'Summarise');
        assert.equal(ingress.runs.started[0]?.input.task.sessionKey, 's1');
        assert.equal(ingress.runs.started[0]?.input.callback?.url, 'https://ci.example.com/hooks?k=1');
      });
    }
  }

  test('becomes the input of a run, whole, and its memo, without the query string of the callback', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.post('/webhook', NATIVE);
    const [task] = ingress.runs.started;
    assert.deepEqual(task?.input.task, { text: 'Summarise', sessionKey: 's1', userId: 'u1', userName: 'Ada' });
    assert.equal(task?.input.client, 'alpha');
    assert.equal(task?.input.source, 'webhook');
    assert.equal(task?.input.agent, 'demo');
    assert.deepEqual(task?.input.callback, {
      url: 'https://ci.example.com/hooks?k=1',
      retryDelaysMs: [5000, 300_000],
      attemptTimeoutMs: 15_000,
      deadLetterMs: 1_209_600_000,
    });
    assert.deepEqual(task?.memo, {
      client: 'alpha',
      source: 'webhook',
      agent: 'demo',
      bodySha256: createHash('sha256').update(NATIVE).digest('hex'),
      callbackUrl: 'https://ci.example.com/hooks?…',
      sessionKey: 's1',
      userId: 'u1',
      summary: 'Summarise',
    });
  });

  test('needs nothing but a text', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.post('/webhook', '{"text":"Hi"}', {
      'Content-Type': 'application/vnd.x+json; charset="UTF-8"',
    });
    assert.equal(response.status, 202);
    assert.deepEqual(ingress.runs.started[0]?.input.task, { text: 'Hi' });
    assert.equal(ingress.runs.started[0]?.input.callback, undefined);
    assert.equal(ingress.checked.length, 0);
  });

  test('keeps every character of its text', async (t) => {
    const ingress = await startTestIngress(t);
    const text = 'NUL \u0000, tab \t, ♥, 👩‍🚀, __proto__, "quotes" \\ and\r\nlines ';
    assert.equal((await ingress.post('/webhook', JSON.stringify({ text }))).status, 202);
    assert.equal(ingress.runs.started[0]?.input.task.text, text);
  });

  test('may be signed with a rotated secret, and by Standard Webhooks', async (t) => {
    const ingress = await startTestIngress(t);
    const body = '{"text":"Hi"}';
    const rotated = await ingress.post('/webhook', body, hubHeaders('alpha-new-secret', body));
    const both = await ingress.post('/webhook', body, standardHeaders('alpha-secret', body));
    assert.deepEqual([rotated.status, both.status], [202, 202]);
  });

  test('belongs to the client whose secret verified it, with its agent and its callback rules', async (t) => {
    const ingress = await startTestIngress(t);
    const body = '{"text":"Hi","callback_url":"https://ci.example.com/x"}';
    const response = await fetch(`${ingress.url}/webhook`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...standardHeaders(BETA.webhookSecret[0] ?? '', body) },
    });
    assert.equal(response.status, 202);
    assert.equal(ingress.runs.started[0]?.input.client, 'beta');
    assert.equal(ingress.runs.started[0]?.input.agent, 'reviewer');
    assert.equal(ingress.runs.started[0]?.input.agentPolicy?.maxAttempts, 1);
    assert.deepEqual(ingress.checked, [
      { text: 'https://ci.example.com/x', rules: { allowedDomains: ['ci.example.com'], permitNetworks: [] } },
    ]);
  });

  test('of a client that may use no agent is refused', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, agents: ['gone'] }] });
    const response = await ingress.post('/webhook', '{"text":"Hi"}');
    assert.equal(response.status, 422);
    assert.equal(((await response.json()) as { code: string }).code, 'agent_not_permitted');
    assert.equal(ingress.runs.started.length, 0);
  });
});

describe('a delivery id', () => {
  const body = '{"text":"Hi"}';

  for (const header of ['Idempotency-Key', 'X-GitHub-Delivery']) {
    test(`in ${header} makes a repeat the same run`, async (t) => {
      const ingress = await startTestIngress(t);
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => ingress.post('/webhook', body, { [header]: 'order-1' })),
      );
      const ids = new Set(await Promise.all(replies.map(async (reply) => ((await reply.json()) as { id: string }).id)));
      assert.equal(ids.size, 1);
      assert.equal(ingress.runs.started.length, 1);
      assert.equal(ingress.runs.started[0]?.idempotent, true);
      assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([202]));
      assert.equal(replies.filter((reply) => reply.headers.get('idempotent-replayed') === 'true').length, 19);
    });
  }

  test('counts the same in quotes and bare, on both paths', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.post('/webhook', body, { 'Idempotency-Key': 'order-1' });
    const repeat = await ingress.post('/invoke', body, { 'Idempotency-Key': '"order-1"' });
    assert.equal(repeat.headers.get('idempotent-replayed'), 'true');
  });

  test('that was signed is not overridden by an unsigned header', async (t) => {
    const ingress = await startTestIngress(t);
    const signed = standardHeaders('alpha-secret', body, { id: 'msg_7' });
    await ingress.post('/webhook', body, { ...signed, 'Idempotency-Key': 'one' });
    const repeat = await ingress.post('/webhook', body, { ...signed, 'Idempotency-Key': 'two' });
    assert.equal(repeat.headers.get('idempotent-replayed'), 'true');
  });

  test('with another body is a conflict', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.post('/webhook', body, { 'Idempotency-Key': 'order-1' });
    const other = await ingress.post('/webhook', '{"text":"Ho"}', { 'Idempotency-Key': 'order-1' });
    assert.equal(other.status, 409);
    assert.equal(((await other.json()) as { code: string }).code, 'idempotency_conflict');
  });

  test('of one client is another run for another client', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.post('/webhook', body, { 'Idempotency-Key': 'order-1' });
    const other = await fetch(`${ingress.url}/webhook`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        ...standardHeaders(BETA.webhookSecret[0] ?? '', body, { id: 'order-1' }),
      },
    });
    assert.equal(other.headers.get('idempotent-replayed'), null);
    assert.equal(ingress.runs.started.length, 2);
  });

  test('that is missing makes every delivery a run of its own', async (t) => {
    const ingress = await startTestIngress(t);
    await ingress.post('/webhook', body);
    await ingress.post('/webhook', body);
    assert.equal(ingress.runs.started.length, 2);
    assert.equal(ingress.runs.started[0]?.idempotent, false);
  });

  test('that is no key is refused and starts nothing', async (t) => {
    const ingress = await startTestIngress(t);
    for (const key of ['', 'a b', '"open', 'k'.repeat(256), '""']) {
      const response = await ingress.post('/webhook', body, { 'Idempotency-Key': key });
      assert.equal(response.status, 422, key);
      const problem = (await response.json()) as { code: string; errors: { field: string }[] };
      assert.equal(problem.code, 'invalid_idempotency_key');
      assert.equal(problem.errors[0]?.field, 'Idempotency-Key');
    }
    assert.equal(ingress.runs.started.length, 0);
  });
});

test('with Temporal away the answer is 503 with Retry-After', async (t) => {
  const ingress = await startTestIngress(t);
  ingress.runs.failure = new ProblemError(
    'temporal_unavailable',
    'Temporal does not answer: send the same request again.',
  );
  const response = await ingress.post('/webhook', '{"text":"Hi"}');
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '2');
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
});
