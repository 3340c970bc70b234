import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DeadLetterBody, toCallbackBody } from '../../src/protocol/callback-body.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';
import { ALPHA, BETA, startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { betaPost, BODY, hourly, problemOf } from './under-limits.ts';

const SECRET = 'alpha-secret';

/** Posts with the given signature alone. */
function send(
  { url }: TestIngress,
  headers: Record<string, string>,
  { body = BODY, path = '/webhook' }: { body?: string; path?: string } = {},
): Promise<Response> {
  return fetch(url + path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
}

async function runIdOf(response: Response): Promise<string> {
  assert.equal(response.status, 202);
  return ((await response.json()) as RunResource).id;
}

describe('a client that requires a timestamp', () => {
  const clients = [{ ...ALPHA, require: 'timestamp' as const }, BETA];

  for (const path of ['/webhook', '/invoke', '/webhook/alpha']) {
    test(`accepts Standard Webhooks on ${path} and no GitHub signature, whatever the id`, async (t) => {
      const ingress = await startTestIngress(t, { clients });
      const hub = hubHeaders(SECRET, BODY);
      for (const id of [{}, { 'Idempotency-Key': 'new' }, { 'X-GitHub-Delivery': 'new' }]) {
        const refused = await send(ingress, { ...hub, ...id }, { path });
        const problem = (await refused.json()) as Problem;
        assert.deepEqual([refused.status, problem.code], [401, 'signature_invalid']);
        assert.match(problem.detail, /client "alpha" requires a signed timestamp: sign with Standard Webhooks/);
      }
      assert.deepEqual(ingress.runs.calls, []);
      const standard = standardHeaders(SECRET, BODY);
      assert.equal((await send(ingress, standard, { path })).status, 202);
      assert.equal((await send(ingress, { ...standard, ...hub }, { path })).status, 202);
    });
  }

  test('accepts no old timestamp, no other id, and says as before what is missing', async (t) => {
    const ingress = await startTestIngress(t, { clients });
    const old = standardHeaders(SECRET, BODY, { timestampS: Math.floor(Date.now() / 1000) - 305 });
    const renamed = { ...standardHeaders(SECRET, BODY), 'webhook-id': 'msg_2' };
    assert.deepEqual(await problemOf(await send(ingress, old)), [401, 'timestamp_out_of_window']);
    assert.deepEqual(await problemOf(await send(ingress, renamed)), [401, 'signature_invalid']);
    assert.deepEqual(await problemOf(await send(ingress, {})), [401, 'signature_missing']);
    const { 'webhook-timestamp': _, ...untimed } = standardHeaders(SECRET, BODY);
    const mixed = { ...untimed, ...hubHeaders(SECRET, BODY) };
    assert.deepEqual(await problemOf(await send(ingress, mixed)), [401, 'signature_invalid']);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('leaves the other clients as they are', async (t) => {
    const ingress = await startTestIngress(t, { clients: [ALPHA, { ...BETA, require: 'timestamp' }] });
    assert.equal((await send(ingress, hubHeaders(SECRET, BODY))).status, 202);
    assert.equal((await betaPost(ingress.url)).status, 202);
  });
});

describe('an unsigned id', () => {
  for (const name of ['Idempotency-Key', 'X-GitHub-Delivery']) {
    test(`in ${name} does not take the run of the same signed id`, async (t) => {
      const ingress = await startTestIngress(t);
      const recorded = '{"text":"Recorded long ago"}';
      const squatter = { ...hubHeaders(SECRET, recorded), [name]: 'deploy-4312' };
      const squatted = await runIdOf(await send(ingress, squatter, { body: recorded }));
      const genuine = await send(ingress, standardHeaders(SECRET, BODY, { id: 'deploy-4312' }));
      assert.equal(genuine.headers.get('idempotent-replayed'), null);
      const run = await runIdOf(genuine);
      assert.notEqual(run, squatted);
      // The controls: each id stays one run.
      assert.equal(await runIdOf(await send(ingress, standardHeaders(SECRET, BODY, { id: 'deploy-4312' }))), run);
      assert.equal(await runIdOf(await send(ingress, squatter, { body: recorded })), squatted);
    });
  }

  test('beside a signed one is not read', async (t) => {
    const ingress = await startTestIngress(t);
    const signed = standardHeaders(SECRET, BODY, { id: 'deploy-4312' });
    const run = await runIdOf(await send(ingress, signed));
    assert.equal(await runIdOf(await send(ingress, { ...signed, 'Idempotency-Key': 'another' })), run);
  });
});

const DEAD_LETTER: DeadLetterBody = {
  type: 'run.callback_dead',
  run_id: `run-${'a'.repeat(26)}`,
  client: 'alpha',
  callback_host: 'ci.example.com',
  last_status_code: 500,
  error_class: 'status',
  attempts: 10,
  at: '2026-01-31T12:00:00.000Z',
};

describe('a message of this server, posted back', () => {
  const runId = `run-${'a'.repeat(26)}`;
  const finishedAt = '2026-01-31T12:00:00.000Z';
  const bodies = [
    toCallbackBody(runId, { status: 'completed', output: 'Done', finishedAt }),
    toCallbackBody(runId, { status: 'failed', error: { code: 'AgentFailed', message: 'no' }, finishedAt }),
    DEAD_LETTER,
  ].map((body) => JSON.stringify(body));

  for (const path of ['/webhook', '/invoke', '/webhook/alpha']) {
    test(`is refused by name on ${path} and does not use the rate`, async (t) => {
      const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA] });
      for (const body of bodies) {
        const both = { ...standardHeaders(SECRET, body, { id: runId }), ...hubHeaders(SECRET, body) };
        // As it was sent, and as somebody replays it without what is not covered by the other signature.
        for (const headers of [both, hubHeaders(SECRET, body)]) {
          const refused = await send(ingress, headers, { body, path });
          const problem = (await refused.json()) as Problem;
          assert.deepEqual([refused.status, problem.code], [422, 'own_callback']);
          assert.match(problem.detail, /This is (?:a callback|the notification of a dead letter) of this server/);
        }
      }
      assert.equal((await send(ingress, hubHeaders(SECRET, BODY), { path })).status, 202);
    });
  }

  test('is told to nobody whose signature does not hold', async (t) => {
    const ingress = await startTestIngress(t);
    const [body = ''] = bodies;
    assert.deepEqual(await problemOf(await send(ingress, hubHeaders('wrong', body), { body })), [
      401,
      'signature_invalid',
    ]);
  });

  test('can be the text of a task', async (t) => {
    const ingress = await startTestIngress(t);
    const body = JSON.stringify({ text: bodies[0] });
    assert.equal((await send(ingress, hubHeaders(SECRET, body), { body })).status, 202);
  });

  test('is not what merely looks like it: that counts as any invalid task', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA] });
    const body = `{"text":"Hi","run_id":"${runId}"}`;
    assert.deepEqual(await problemOf(await send(ingress, hubHeaders(SECRET, body), { body })), [422, 'invalid_task']);
    assert.equal((await send(ingress, hubHeaders(SECRET, BODY))).status, 429);
  });
});
