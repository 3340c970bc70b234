import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Worker } from '@temporalio/worker';
import { Webhook } from 'standardwebhooks';
import type { DeliverCallbackDeps } from '../../src/activities/deliver-callback.ts';
import { createReportDeadLetter } from '../../src/activities/report-dead-letter.ts';
import { type Activities, ACTIVITY_ID } from '../../src/contract/activities.ts';
import { SIGNAL } from '../../src/contract/names.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentRunInput } from '../../src/contract/run.ts';
import type { PostAnswer } from '../../src/egress/guarded-request.ts';
import { readRun } from '../../src/runs/read-run.ts';
import { toRunResource } from '../../src/runs/run-kinds.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME, createDelivery, NEW_SECRET } from '../support/deliver-callback-setup.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { connectToTestServer, type TestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** A worker whose agent answers at once and whose callbacks are the real ones. */
async function createWorker(
  server: TestServer,
  taskQueue: string,
  changes: Partial<DeliverCallbackDeps> = {},
  output = 'done',
): Promise<Worker> {
  const activities: Activities = {
    runAgent: () => Promise.resolve({ output }),
    deliverCallback: createDelivery({
      onFirstFailure: (runId) => server.client.workflow.getHandle(runId).signal(SIGNAL.callbackRetrying),
      ...changes,
    }),
    reportDeadLetter: createReportDeadLetter({
      clients: new Map([['acme', ACME]]),
      logger: new RecordingLogger(),
      ...changes,
    }),
  };
  return Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']),
    activities: { ...activities },
  });
}

function startRun(server: TestServer, taskQueue: string, url: string, retryDelaysMs: readonly number[]) {
  const second = 1000;
  const input: AgentRunInput = {
    task: { text: 'do it' },
    client: 'acme',
    source: 'webhook',
    agent: 'main',
    agentPolicy: {
      attemptTimeoutMs: 60 * second,
      totalTimeoutMs: 120 * second,
      heartbeatTimeoutMs: 30 * second,
      maxAttempts: 3,
      maxAnswerBytes: 1_000_000,
    },
    callback: { url, retryDelaysMs, attemptTimeoutMs: 15 * second, deadLetterMs: 60 * second },
  };
  const memo = { client: 'acme', source: 'webhook', agent: 'main', bodySha256: 'a'.repeat(64), callbackUrl: url };
  return server.client.workflow.start('agentRun', { workflowId: randomRunId(), taskQueue, args: [input], memo });
}

async function setUp(t: TestContext): Promise<{ server: TestServer; taskQueue: string }> {
  return { server: await connectToTestServer(), taskQueue: uniqueTaskQueue(t) };
}

describe('deliverCallback on Temporal', () => {
  test('follows its schedule, with one body and one ID, and signals the workflow once', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: [500, 302, 429][nth] ?? 204 }));
    const worker = await createWorker(server, taskQueue);
    const handle = await worker.runUntil(async () => {
      const started = await startRun(server, taskQueue, receiver.url, [100, 100, 100]);
      const { callback } = (await started.result()) as { callback: { statusCode: number; attempts: number } };
      assert.equal(callback.statusCode, 204);
      assert.equal(callback.attempts, 4);
      return started;
    });
    assert.equal(receiver.received.length, 4);
    assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
    assert.deepEqual([...new Set(receiver.received.map(({ headers }) => headers['webhook-id']))], [handle.workflowId]);
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    assert.deepEqual(signals, ['callbackRetrying']);
  });

  test('that the per-host limit defers does not count, and reads so', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const taken: PostAnswer = { statusCode: 204, address: '8.8.8.8', durationMs: 1 };
    let release = (): void => undefined;
    const slow = new Promise<PostAnswer>((resolve) => (release = () => resolve(taken)));
    // Whatever fails below: the worker must be able to stop.
    setTimeout(() => release(), 30_000).unref();
    let posted = 0;
    let parked = 0;
    const worker = await createWorker(server, taskQueue, {
      perHost: 1,
      post: () => ((posted += 1) === 1 ? slow : Promise.resolve(taken)),
      metrics: {
        callbackAttempted: () => undefined,
        callbackDied: () => undefined,
        callbackDeferred: () => (parked += 1),
      },
    });
    const read = async (runId: string): Promise<RunResource['callback']> => {
      const facts = await readRun(server.client, runId);
      assert.ok(facts);
      return toRunResource(facts, {}).callback;
    };
    await worker.runUntil(async () => {
      const url = 'https://slow.example.com/';
      const first = await startRun(server, taskQueue, url, []);
      await waitFor('the first try', () => posted === 1, 15_000);
      // A schedule of one try: had waiting used it up, there would be none left.
      const second = await startRun(server, taskQueue, url, []);
      await waitFor('the second to be parked twice', () => parked >= 2, 15_000);
      // An attempt that just runs counts as a try until it is parked: asks until none does.
      let waiting = await read(second.workflowId);
      for (let i = 0; i < 50 && waiting.attempts !== 0; i += 1) {
        await sleep(50);
        waiting = await read(second.workflowId);
      }
      const { status, attempts, last_error } = waiting;
      assert.deepEqual([status, attempts], ['pending', 0]);
      assert.match(last_error ?? '', /is at the per-host limit/);
      release();
      const [one, other] = (await Promise.all([first.result(), second.result()])) as {
        callback: { attempts: number };
      }[];
      assert.deepEqual([one?.callback.attempts, other?.callback.attempts], [1, 1]);
      const delivered = await read(second.workflowId);
      assert.deepEqual([delivered.status, delivered.attempts], ['delivered', 1]);
    });
  });

  test('that Temporal itself ends while no worker is there is reported to the operator by the next one', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const receiver = await startCallbackReceiver(t, () => ({ status: 503 }));
    const operator = await startCallbackReceiver(t, () => ({ status: 204 }));
    const counted: string[] = [];
    const changes: Partial<DeliverCallbackDeps> = {
      deadLetterWebhook: operator.url,
      metrics: {
        callbackAttempted: () => counted.push('attempted'),
        callbackDied: () => counted.push('died'),
        callbackDeferred: () => undefined,
      },
    };
    const read = async (runId: string): Promise<RunResource['callback']> => {
      const facts = await readRun(server.client, runId);
      assert.ok(facts);
      return toRunResource(facts, {}).callback;
    };
    const first = await createWorker(server, taskQueue, changes);
    const workflowId = await first.runUntil(async () => {
      const started = await startRun(server, taskQueue, receiver.url, [60_000]);
      while ((await read(started.workflowId)).next_attempt_at === undefined) await sleep(50);
      return started.workflowId;
    });
    await server.client.workflowService.updateActivityOptions({
      namespace: server.namespace,
      execution: { workflowId },
      id: ACTIVITY_ID.callback,
      activityOptions: { scheduleToCloseTimeout: msToTs(1000) },
      updateMask: { paths: ['schedule_to_close_timeout'] },
    });
    while ((await read(workflowId)).status !== 'dead') await sleep(50);
    const second = await createWorker(server, taskQueue, changes);
    await second.runUntil(() => waitFor('the operator to be told', () => operator.received.length > 0, 15_000));
    const [news] = operator.received;
    assert.ok(news);
    const { at, ...told } = JSON.parse(news.body) as { at: string };
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(told, {
      type: 'run.callback_dead',
      run_id: workflowId,
      client: 'acme',
      callback_host: '127.0.0.1',
      // Temporal forgets the last failure when it ends an activity that waits for a worker.
      last_status_code: null,
      error_class: null,
      attempts: null,
    });
    assert.equal(news.headers['webhook-id'], `dead-${workflowId}`);
    assert.ok(new Webhook(NEW_SECRET).verify(news.body, news.headers as Record<string, string>));
    assert.deepEqual(counted, ['attempted', 'died']);
    assert.equal(receiver.received.length, 1);
    await server.client.workflow.getHandle(workflowId).terminate();
  });

  test('can be sent again many times, though its answer has a megabyte', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const redeliveries = 60;
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: nth < redeliveries ? 503 : 204 }));
    const output = 'a'.repeat(1_000_000);
    const worker = await createWorker(server, taskQueue, {}, output);
    await worker.runUntil(async () => {
      const run = await startRun(server, taskQueue, receiver.url, []);
      for (let sent = 1; sent <= redeliveries; sent += 1) {
        await waitFor(`attempt ${sent}`, () => receiver.received.length === sent, 15_000);
        await run.signal(SIGNAL.redeliver, {});
      }
      const result = (await run.result()) as { output: string };
      assert.equal(result.output, output);
      const facts = await readRun(server.client, run.workflowId);
      assert.ok(facts);
      const { callback, ...read } = toRunResource(facts, {});
      assert.deepEqual([read.output, callback.status, callback.attempts], [output, 'delivered', redeliveries + 1]);
      const { historySize } = await run.describe();
      assert.ok(Number(historySize) < 5_000_000, `the history has ${String(historySize)} bytes`);
    });
    assert.equal(receiver.received.length, redeliveries + 1);
    assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
  });

  test('goes nowhere that policy forbids, though a signal from the Temporal UI says so', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: nth === 0 ? 410 : 204 }));
    const forbidden = await startCallbackReceiver(t);
    const worker = await createWorker(server, taskQueue);
    await worker.runUntil(async () => {
      const handle = await startRun(server, taskQueue, receiver.url, []);
      const untilDeadAfter = async (attempts: number): Promise<RunResource['callback']> => {
        for (;;) {
          const facts = await readRun(server.client, handle.workflowId);
          assert.ok(facts);
          const { callback } = toRunResource(facts, {});
          if (callback.status === 'dead' && callback.attempts === attempts) return callback;
          await sleep(50);
        }
      };
      await untilDeadAfter(1);
      // Loopback like the receiver, but only 127.0.0.1 is permitted.
      await handle.signal(SIGNAL.redeliver, { url: `http://127.0.0.2:${forbidden.port}/hook` });
      assert.match((await untilDeadAfter(2)).last_error ?? '', /127\.0\.0\.2 is a loopback address.*PERMIT_NETWORKS/);
      await handle.signal(SIGNAL.redeliver, { url: 'file:///etc/passwd' });
      assert.match((await untilDeadAfter(3)).last_error ?? '', /only http and https are permitted/);
      await handle.signal(SIGNAL.redeliver, { url: receiver.url });
      await handle.result();
    });
    assert.deepEqual([receiver.received.length, forbidden.received.length], [2, 0]);
  });

  test('goes on at the next worker when its own stops during an attempt', async (t) => {
    const { server, taskQueue } = await setUp(t);
    const receiver = await startCallbackReceiver(t, (nth) => (nth === 0 ? {} : { status: 200 }));
    const first = await createWorker(server, taskQueue);
    const started = await first.runUntil(async () => {
      const run = await startRun(server, taskQueue, receiver.url, [60_000]);
      await waitFor('the first try', () => receiver.received.length === 1, 15_000);
      return run;
    });
    const second = await createWorker(server, taskQueue);
    const { callback } = (await second.runUntil(started.result())) as { callback: { attempts: number } };
    assert.equal(callback.attempts, 2);
    assert.equal(receiver.received.length, 2);
  });
});
