import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { runResource } from '../../src/protocol/run-resource.ts';
import { readPreferredWait } from '../../src/ingress/http/read-preferred-wait.ts';
import { ALPHA, startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const TASK = '{"text":"Summarise"}';
const DONE = { status: 'completed', terminal: true, output: 'Done.' } as const;

/** The two ways in, each with `Prefer: wait`. */
const WAYS: Record<string, (ingress: TestIngress, prefer: string) => Promise<Response>> = {
  'POST /webhook': (ingress, prefer) => ingress.post('/webhook', TASK, { Prefer: prefer }),
  'POST /v1/runs': (ingress, prefer) => trusted(ingress, prefer),
};

function trusted(ingress: TestIngress, prefer: string, signal?: AbortSignal): Promise<Response> {
  return ingress.ask('/v1/runs', {
    method: 'POST',
    body: TASK,
    headers: { 'Content-Type': 'application/json', Prefer: prefer },
    ...(signal && { signal }),
  });
}

async function finishFirst(ingress: TestIngress): Promise<void> {
  await waitFor('the wait', () => ingress.runs.waiting === 1);
  ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
}

for (const [way, send] of Object.entries(WAYS)) {
  describe(`${way} with Prefer: wait`, () => {
    test('answers 200 with the outcome when it comes in time', async (t) => {
      const ingress = await startTestIngress(t);
      const [response] = await Promise.all([send(ingress, 'wait=30'), finishFirst(ingress)]);
      const run = runResource.parse(await response.json());
      assert.deepEqual([response.status, run.status, run.output], [200, 'completed', 'Done.']);
      assert.equal(response.headers.get('preference-applied'), 'wait=30');
      assert.equal(response.headers.get('location'), `/v1/runs/${run.id}`);
      assert.equal(response.headers.get('retry-after'), null);
    });

    test('answers 202 when the time is up', async (t) => {
      const ingress = await startTestIngress(t);
      const response = await send(ingress, 'wait=1');
      assert.deepEqual([response.status, response.headers.get('preference-applied')], [202, 'wait=1']);
      assert.equal(response.headers.get('retry-after'), '1');
      assert.equal(ingress.runs.waiting, 0);
    });

    test('answers 202 when the server drains', async (t) => {
      const ingress = await startTestIngress(t);
      const response = send(ingress, 'wait=60');
      await waitFor('the wait', () => ingress.runs.waiting === 1);
      const drained = ingress.server.drain(5000);
      assert.equal((await response).status, 202);
      await drained;
    });
  });
}

describe('a preferred wait', () => {
  test('waits for no run that starts later than that', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.post('/webhook', '{"text":"Summarise","delay":"10m"}', { Prefer: 'wait=30' });
    assert.deepEqual([response.status, response.headers.get('preference-applied')], [202, null]);
  });

  test('counts as a waiting poll: without a permit the task is accepted, and nothing waits', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxWaitsPerClient: 1 } });
    const first = trusted(ingress, 'wait=30');
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    const second = await trusted(ingress, 'wait=30');
    assert.deepEqual([second.status, second.headers.get('preference-applied')], [202, null]);
    const poll = await ingress.ask(`/v1/runs/${ingress.runs.started[0]?.runId}?wait=1`);
    assert.equal(poll.status, 429);
    ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
    assert.equal((await first).status, 200);
    assert.equal((await trusted(ingress, 'wait=1')).headers.get('preference-applied'), 'wait=1');
  });

  test('holds no place of a delivery: the next one is taken meanwhile', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, maxInFlight: 1 }], limits: { maxInFlight: 1 } });
    const waiting = trusted(ingress, 'wait=30');
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    assert.equal((await ingress.post('/webhook', '{"text":"Another"}')).status, 202);
    ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
    assert.equal((await waiting).status, 200);
  });

  test('ends with a caller that goes away, and frees its place', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxWaits: 1 } });
    const caller = new AbortController();
    const response = trusted(ingress, 'wait=30', caller.signal).catch(() => undefined);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    caller.abort();
    await response;
    await waitFor('the end of the wait', () => ingress.runs.waiting === 0);
    assert.equal((await trusted(ingress, 'wait=1')).headers.get('preference-applied'), 'wait=1');
    assert.deepEqual(
      ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('that Temporal cannot serve leaves the 202', async (t) => {
    const ingress = await startTestIngress(t);
    ingress.runs.wait = () => Promise.reject(new ProblemError('temporal_unavailable', 'Temporal is away: retry.'));
    const response = await trusted(ingress, 'wait=30');
    assert.deepEqual([response.status, response.headers.get('preference-applied')], [202, null]);
    assert.equal(runResource.parse(await response.json()).status, 'queued');
  });

  test('of a task that is refused is no wait', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.post('/webhook', '{"text":""}', { Prefer: 'wait=30' });
    assert.deepEqual([response.status, response.headers.get('preference-applied')], [422, null]);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('of a repeat of a finished run is answered at once', async (t) => {
    const ingress = await startTestIngress(t);
    const headers = { 'Idempotency-Key': 'once' };
    await ingress.post('/webhook', TASK, headers);
    ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
    const again = await ingress.post('/webhook', TASK, { ...headers, Prefer: 'wait=30' });
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, 'true']);
  });
});

describe('Prefer', () => {
  const rows: readonly (readonly [string | undefined, number | undefined])[] = [
    [undefined, undefined],
    ['', undefined],
    ['wait=30', 30],
    ['wait=600', 60],
    ['wait=99999999999999999999', 60],
    ['wait=0', undefined],
    ['wait="5"', 5],
    ['Wait = 5', 5],
    ['respond-async, wait=10', 10],
    ['respond-async,wait=10;note="a, b"', 10],
    ['wait=10, wait=20', 10],
    ['wait=soon, wait=20', undefined],
    ['wait=-1', undefined],
    ['wait=1.5', undefined],
    ['wait', undefined],
    ['await=10', undefined],
    ['note="x, wait=10"', undefined],
    ['note="a \\" b, wait=10", wait=7', 7],
    ['handling=lenient;wait=10', undefined],
  ];
  for (const [header, wanted] of rows) {
    test(`${header} is ${wanted}`, () => assert.equal(readPreferredWait(header, 60), wanted));
  }
});
