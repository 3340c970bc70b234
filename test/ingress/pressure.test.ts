import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { DeliveryJudgement } from '../../src/ingress/routes/tasks.ts';
import type { OnCall } from '../../src/runs/record-run.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { openRaw } from '../support/raw-connection.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';
import { betaPost, BODY, hourly, problemOf } from './under-limits.ts';

const LIMITS = { body: 65_536, bodyTimeout: 5000, linger: 200 };

/** A run client whose starts are held until the test lets them go. */
class HeldRunClient extends FakeRunClient {
  release: () => void = () => undefined;
  readonly #held = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async start(task: AcceptedTask): Promise<RunReply> {
    const reply = await super.start(task);
    await this.#held;
    return reply;
  }
}

describe('deliveries at once', () => {
  test('of one client are limited; those of others are admitted', async (t) => {
    const runs = new HeldRunClient();
    const ingress = await startTestIngress(t, { runs, clients: [{ ...ALPHA, maxInFlight: 2 }, BETA] });
    const held = [ingress.post('/webhook', BODY), ingress.post('/invoke', BODY)];
    await waitFor('two starts', () => runs.started.length === 2);
    const refused = await ingress.post('/webhook', BODY);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal(refused.headers.get('ratelimit-policy'), '"in-flight";q=2;qu="concurrent-requests"');
    assert.equal(refused.headers.get('ratelimit'), '"in-flight";r=0');
    assert.deepEqual(await problemOf(refused), [429, 'too_many_in_flight']);
    const other = betaPost(ingress.url);
    await waitFor('the other client', () => runs.started.length === 3);
    runs.release();
    assert.deepEqual(
      (await Promise.all([...held, other])).map(({ status }) => status),
      [202, 202, 202],
    );
    assert.equal((await ingress.post('/webhook', BODY)).status, 202);
  });

  test('that are refused do not count against the rate, and one that fails releases its permit', async (t) => {
    const runs = new HeldRunClient();
    const ingress = await startTestIngress(t, { runs, clients: [{ ...ALPHA, maxInFlight: 1, ...hourly(3) }, BETA] });
    const held = ingress.post('/webhook', BODY);
    await waitFor('the start', () => runs.started.length === 1);
    for (let sent = 0; sent < 3; sent += 1) assert.equal((await ingress.post('/webhook', BODY)).status, 429);
    runs.release();
    await held;
    assert.equal((await ingress.post('/webhook', '{"txt":1}')).status, 422);
    assert.equal((await ingress.post('/webhook', BODY)).status, 202);
  });

  test('wait their turn to be recorded, and are refused when it does not come', async (t) => {
    const runs = new HeldRunClient();
    const ingress = await startTestIngress(t, { runs });
    const sent = Array.from({ length: 10 }, () => ingress.post('/webhook', BODY));
    const refused: Response[] = [];
    for (const answer of sent) void answer.then((response) => response.status === 202 || refused.push(response));
    await waitFor('the refusals', () => refused.length === 6);
    assert.equal(runs.started.length, 4);
    for (const response of refused) {
      assert.equal(response.headers.get('retry-after'), '2');
      assert.deepEqual(await problemOf(response), [503, 'overloaded']);
    }
    runs.release();
    assert.equal((await Promise.all(sent)).filter(({ status }) => status === 202).length, 4);
    assert.equal((await ingress.post('/webhook', BODY)).status, 202);
  });

  test('of all clients are limited, and further ones are refused before their body is read', async (t) => {
    const runs = new HeldRunClient();
    const ingress = await startTestIngress(t, { runs, limits: { ...LIMITS, maxInFlight: 1 } });
    const held = ingress.post('/webhook', BODY);
    await waitFor('the start', () => runs.started.length === 1);
    const raw = await openRaw(ingress.port);
    // A body is declared, and not one byte of it sent.
    raw.socket.write(
      'POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n',
    );
    await waitFor('the refusal', () => raw.received().includes('overloaded'));
    assert.match(raw.received(), /^HTTP\/1\.1 503 [^]*retry-after: 2\r\n/i);
    await raw.closed();
    assert.deepEqual(await problemOf(await betaPost(ingress.url)), [503, 'overloaded']);
    // What came whole costs no connection: the next request comes on the same one.
    const kept = await openRaw(ingress.port);
    t.after(() => kept.socket.destroy());
    for (const time of [1, 2]) {
      kept.socket.write('POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
      await waitFor('the refusal', () => kept.received().split('"overloaded"').length === time + 1);
    }
    assert.doesNotMatch(kept.received(), /connection: close/i);
    // What shows runs and health is not held up by it.
    assert.equal((await ingress.ask('/readyz')).status, 200);
    assert.equal((await ingress.ask('/v1/runs')).status, 200);
    runs.release();
    assert.equal((await held).status, 202);
    assert.equal((await betaPost(ingress.url)).status, 202);
  });
});

/** A run client that gives up at once and leaves its calls to Temporal under way. */
class FrozenRunClient extends FakeRunClient {
  readonly ends: (() => void)[] = [];

  override start(_task: AcceptedTask, onCall?: OnCall): Promise<RunReply> {
    onCall?.(new Promise((_resolve, reject) => this.ends.push(() => reject(new Error('gone')))));
    return Promise.reject(new ProblemError('temporal_unavailable', 'Temporal did not answer in time.'));
  }
}

describe('a call to Temporal that was given up', () => {
  test('keeps its bytes out of the budget until it ends', async (t) => {
    const runs = new FrozenRunClient();
    const ingress = await startTestIngress(t, { runs, limits: { ...LIMITS, bodyBudget: 130_000 } });
    const body = JSON.stringify({ text: 'x'.repeat(50_000) });
    const post = async (): Promise<[number, string]> => problemOf(await ingress.post('/webhook', body));
    for (let sent = 0; sent < 2; sent += 1) assert.deepEqual(await post(), [503, 'temporal_unavailable']);
    assert.deepEqual(await post(), [503, 'overloaded']);
    runs.ends[0]?.();
    await setImmediate();
    assert.deepEqual(await post(), [503, 'temporal_unavailable']);
    assert.deepEqual(await post(), [503, 'overloaded']);
  });
});

describe('polls that wait', () => {
  test('are limited per client and in total; others are answered', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxWaitsPerClient: 1, maxWaits: 2 } });
    const { id } = (await (await ingress.post('/webhook', BODY)).json()) as RunResource;
    const waiting = ingress.ask(`/v1/runs/${id}?wait=60`);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    assert.deepEqual(await problemOf(await ingress.ask(`/v1/runs/${id}?wait=60`)), [429, 'too_many_in_flight']);
    assert.equal((await ingress.ask(`/v1/runs/${id}`)).status, 200);
    ingress.runs.update(id, { status: 'completed', terminal: true });
    assert.equal((await waiting).status, 200);
    assert.equal((await ingress.ask(`/v1/runs/${id}?wait=60`)).status, 200);
  });

  test('of many clients release the permit of each that disconnects', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxWaitsPerClient: 5, maxWaits: 1 } });
    const { id } = (await (await ingress.post('/webhook', BODY)).json()) as RunResource;
    const gone = new AbortController();
    const waiting = ingress.ask(`/v1/runs/${id}?wait=60`, { signal: gone.signal }).catch(() => 'gone');
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    const other = { headers: { Authorization: 'Bearer beta-key' } };
    assert.deepEqual(await problemOf(await ingress.ask(`/v1/runs/${id}?wait=9`, other)), [503, 'overloaded']);
    gone.abort();
    assert.equal(await waiting, 'gone');
    await waitFor('the end of the wait', () => ingress.runs.waiting === 0);
    assert.deepEqual(await problemOf(await ingress.ask(`/v1/runs/${id}?wait=9`, other)), [404, 'not_found']);
  });
});

describe('every delivery', () => {
  test('is counted once, by what became of it, and so is each new run', async (t) => {
    const judged: DeliveryJudgement[] = [];
    const runs: unknown[] = [];
    const sources = sourcesOf({
      name: 'ci',
      preset: 'github',
      secret: ['source-secret'],
      client: 'beta',
      events: ['push'],
      map: { text: 'Look at {{ event.sha }}' },
    });
    const ingress = await startTestIngress(t, {
      sources,
      metrics: {
        requestAnswered: () => undefined,
        deliveryJudged: (delivery) => judged.push(delivery),
        runStarted: (labels) => runs.push(labels),
      },
    });
    const event = '{"sha":"abc"}';
    const sendEvent = (type: string): Promise<Response> =>
      ingress.post('/hooks/ci', event, { ...hubHeaders('source-secret', event), 'X-GitHub-Event': type });
    await ingress.post('/webhook', BODY, { 'Idempotency-Key': 'one' });
    await ingress.post('/invoke', BODY, { 'Idempotency-Key': 'one' });
    await ingress.post('/webhook', BODY, hubHeaders('another secret', BODY));
    await ingress.post('/webhook', '{"txt":1}');
    await sendEvent('push');
    await sendEvent('star');
    await ingress.ask('/v1/runs');
    const webhook = { source: 'webhook', client: 'alpha' };
    assert.deepEqual(judged, [
      { result: 'accepted', ...webhook },
      { result: 'duplicate', ...webhook },
      { result: 'refused', source: 'webhook', code: 'signature_invalid' },
      { result: 'refused', ...webhook, code: 'invalid_task' },
      { result: 'accepted', source: 'ci', client: 'beta' },
      { result: 'ignored', source: 'ci', client: 'beta', code: 'event_type' },
    ]);
    assert.deepEqual(runs, [
      { client: 'alpha', agent: 'demo' },
      { client: 'beta', agent: 'reviewer' },
    ]);
  });

  test('has a log line that says what became of it, and nothing of its text', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(2) }, BETA] });
    const secret = '{"text":"private text"}';
    await ingress.post('/webhook', secret, { 'Idempotency-Key': 'one' });
    await ingress.post('/webhook', secret, { 'Idempotency-Key': 'one' });
    await ingress.post('/webhook', secret, { 'Idempotency-Key': 'one' });
    await ingress.post('/webhook', secret, hubHeaders('another secret', secret));
    await waitFor('four lines', () => ingress.logs.length === 4);
    const runId = ingress.runs.started[0]?.runId;
    const told = ingress.logs.map(({ fields }) =>
      ['status', 'client', 'source', 'run_id', 'duplicate', 'problem'].map((name) => fields[name]),
    );
    assert.deepEqual(told, [
      [202, 'alpha', 'webhook', runId, false, undefined],
      [202, 'alpha', 'webhook', runId, true, undefined],
      [429, 'alpha', 'webhook', undefined, undefined, 'rate_limited'],
      [401, undefined, 'webhook', undefined, undefined, 'signature_invalid'],
    ]);
    assert.doesNotMatch(JSON.stringify(ingress.logs), /private/);
  });
});
