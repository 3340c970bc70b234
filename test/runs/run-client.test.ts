import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { randomRunId } from '../../src/contract/run-id.ts';
import { createRunClient } from '../../src/runs/run-client.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { runResource } from '../../src/protocol/run-resource.ts';
import { type Scenario, SCENARIOS, toInput } from '../replay/scenarios.ts';
import { setUpRunClient as setUp } from '../support/run-client-setup.ts';
import { acceptedTask, runScenario } from '../support/run-scenario.ts';
import { ScriptedActivities } from '../support/scripted-activities.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };

const never = new AbortController().signal;

function problem(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ProblemError && error.code === code;
}

describe('a delivery id means one run', () => {
  test('a hundred starts at once make one run, and each of them answers with it', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    const replies = await Promise.all(Array.from({ length: 100 }, () => runs.start(one)));
    assert.equal(replies.filter(({ unchanged }) => !unchanged).length, 1);
    assert.deepEqual([...new Set(replies.map(({ run }) => run.id))], [one.runId]);
  });

  test('another body under the same id is a conflict, also with no worker running', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    await runs.start(one);
    const other = { ...one, memo: { ...one.memo, bodySha256: 'b'.repeat(64) } };
    await assert.rejects(runs.start(other), problem('idempotency_conflict'));
  });

  test('a repeat after the run has closed is the same run, with its output', async (t) => {
    const { runs, task, withWorker } = await setUp(t);
    const one = task();
    const activities = new ScriptedActivities();
    await withWorker(activities, async () => {
      await runs.start(one);
      await runs.wait(one.runId, 'ci', 20, never);
      await sleep(300); // until its callback is delivered, too
    });
    const { run, unchanged } = await runs.start(one);
    assert.equal(unchanged, true);
    assert.equal(run.output, 'done: Summarise why deployment 4312 failed');
    assert.deepEqual(run.agent, { name: 'demo', attempt: 1, max_attempts: 3 });
    assert.equal(activities.agentCalls.length, 1);
  });
});

describe('a run is read from Temporal alone', () => {
  test('queued while no worker runs', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    const { run: started } = await runs.start(one);
    const run = runResource.parse(await runs.get(one.runId, 'ci'));
    assert.deepEqual([started.status, run.status, run.callback.status], ['queued', 'queued', 'pending']);
    assert.equal(run.links.temporal_ui, `http://localhost:8233/namespaces/default/workflows/${one.runId}`);
    assert.equal(run.source, 'webhook');
    assert.ok(run.created_at);
  });

  test('foreign, unknown and other workflows are one and the same not found', async (t) => {
    const { runs, task } = await setUp(t);
    const server = await connectToTestServer();
    const one = task();
    await runs.start(one);
    const other = randomRunId();
    await server.client.workflow.start('somethingElse', { workflowId: other, taskQueue: 'nobody' });
    await assert.rejects(runs.get(one.runId, 'somebody-else'), problem('not_found'));
    await assert.rejects(runs.get(randomRunId(), 'ci'), problem('not_found'));
    await assert.rejects(runs.get(other, 'ci'), problem('not_found'));
    await server.client.workflow.getHandle(other).terminate();
  });

  test('a foreign ended run costs Temporal what an unknown one does', async (t) => {
    const { runs, task, withWorker, calls } = await setUp(t);
    const one = task();
    await withWorker(new ScriptedActivities(), async () => {
      await runs.start(one);
      await runs.wait(one.runId, 'ci', 20, never);
      await sleep(300); // until its callback is delivered, too
    });
    const methods: [string, (runId: string, client: string) => Promise<unknown>][] = [
      ['get', (...run) => runs.get(...run)],
      ['wait', (...run) => runs.wait(...run, 5, never)],
      ['follow', (...run) => runs.follow(...run, never).next()],
      ['cancel', (...run) => runs.cancel(...run)],
      ['redeliver', (...run) => runs.redeliver(...run)],
      ['delete', (...run) => runs.delete(...run)],
    ];
    for (const [name, method] of methods) {
      const callsOf = async (runId: string, client: string): Promise<string[]> => {
        const from = calls.length;
        await assert.rejects(method(runId, client), problem('not_found'), name);
        return calls.slice(from);
      };
      const foreign = await callsOf(one.runId, 'somebody-else');
      assert.deepEqual(foreign, ['DescribeWorkflowExecution'], name);
      assert.deepEqual(await callsOf(randomRunId(), 'ci'), foreign, name);
    }
    // The control: the owner's read needs the history, and looks for a redelivery.
    calls.length = 0;
    assert.equal((await runs.get(one.runId, 'ci')).status, 'completed');
    assert.deepEqual(calls, ['DescribeWorkflowExecution', 'GetWorkflowExecutionHistory', 'DescribeWorkflowExecution']);
  });

  test('while the agent works: attempt, last error in words, progress', async (t) => {
    const { runs, task, withWorker } = await setUp(t);
    const scenario: Scenario = { ...PLAIN, agent: [{ retry: 'ConnectionLost' }, 'hang'] };
    const one = task(scenario);
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      while (activities.agentCalls.length < 2) await sleep(10);
      await sleep(300); // until the server has its second heartbeat
      const run = runResource.parse(await runs.get(one.runId, 'ci'));
      assert.deepEqual([run.status, run.terminal], ['running', false]);
      assert.deepEqual(run.agent, {
        name: 'demo',
        attempt: 2,
        max_attempts: 3,
        last_error: 'scripted ConnectionLost',
        progress: 'reading the task',
      });
      const { unchanged } = await runs.cancel(one.runId, 'ci');
      assert.equal(unchanged, false);
      const canceled = await runs.wait(one.runId, 'ci', 20, never);
      assert.deepEqual([canceled.status, canceled.error?.code], ['canceled', 'Canceled']);
      assert.equal((await runs.cancel(one.runId, 'ci')).unchanged, true);
    });
  });

  test('completed with its output while the callback is still retried; then redelivered', async (t) => {
    const { runs, task, withWorker } = await setUp(t);
    const scenario: Scenario = {
      ...PLAIN,
      target: { retryDelaysMs: [60_000] },
      callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 }],
    };
    const one = task(scenario);
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      while (activities.deliveries.length < 1) await sleep(10);
      await sleep(300);
    });
    // No worker from here on.
    const run = runResource.parse(await runs.get(one.runId, 'ci'));
    assert.deepEqual([run.status, run.callback.status, run.callback.attempts], ['completed', 'retrying', 1]);
    assert.equal(run.output, 'done: Summarise why deployment 4312 failed');
    assert.deepEqual([run.callback.last_status_code, run.callback.last_error], [503, 'scripted CallbackFailed']);
    assert.ok(Date.parse(run.callback.next_attempt_at ?? '') > Date.now() + 30_000);
    assert.equal((await runs.redeliver(one.runId, 'ci')).unchanged, false);
    await withWorker(activities, async () => {
      while (activities.deliveries.length < 2) await sleep(10);
      await sleep(300);
    });
    const delivered = await runs.get(one.runId, 'ci');
    assert.deepEqual([delivered.callback.status, delivered.callback.attempts], ['delivered', 2]);
    assert.equal((await runs.redeliver(one.runId, 'ci')).unchanged, false, 'also what was delivered is sent again');
  });

  test('delivered elsewhere although the first attempt, which was under way, is accepted', async (t) => {
    const { runs, task, withWorker } = await setUp(t);
    const scenario: Scenario = { ...PLAIN, callback: ['slow'] };
    const one = task(scenario);
    const activities = new ScriptedActivities(scenario);
    const { runId } = one;
    await withWorker(activities, async () => {
      await runs.start(one);
      while (activities.deliveries.length < 1) await sleep(10);
      const { url } = (await runs.get(runId, 'ci')).callback;
      assert.equal((await runs.redeliver(runId, 'ci')).unchanged, true, 'to the same address it is on its way');
      assert.equal((await runs.redeliver(runId, 'ci', url)).unchanged, true, 'named or not');
      assert.equal((await runs.redeliver(runId, 'ci', 'https://other.example.com/hooks')).unchanged, false);
      while (activities.deliveries.length < 2) await sleep(10);
      await sleep(300);
    });
    assert.deepEqual(
      activities.deliveries.map(({ url }) => new URL(url).host),
      ['ci.example.com', 'other.example.com'],
    );
    const { status, url } = (await runs.get(runId, 'ci')).callback;
    assert.deepEqual([status, url], ['delivered', 'https://other.example.com/hooks']);
  });

  test('dead and closed: a redelivery has nothing to do', async (t) => {
    const { runs } = await setUp(t);
    const scenario = SCENARIOS['dead-letter-expired'];
    assert.ok(scenario);
    const { runId } = await runScenario(t, scenario);
    const { run, unchanged } = await runs.redeliver(runId, 'ci');
    assert.deepEqual([run.callback.status, unchanged], ['dead', true]);
  });

  test('a terminated run reads canceled', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    await runs.start(one);
    const server = await connectToTestServer();
    await server.client.workflow.getHandle(one.runId).terminate('by the test');
    const run = await runs.get(one.runId, 'ci');
    assert.deepEqual([run.status, run.callback.status], ['canceled', 'dead']);
  });
});

describe('waiting', () => {
  test('ends when the agent has answered, and at the latest when the time is up', async (t) => {
    const { runs, task, withWorker } = await setUp(t);
    const one = task();
    await runs.start(one);
    assert.equal((await runs.wait(one.runId, 'ci', 1, never)).status, 'queued');
    await withWorker(new ScriptedActivities(), async () => {
      assert.equal((await runs.wait(one.runId, 'ci', 30, never)).status, 'completed');
    });
  });

  test('a caller that hangs up ends it', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    await runs.start(one);
    await assert.rejects(runs.wait(one.runId, 'ci', 60, AbortSignal.timeout(200)), { name: 'TimeoutError' });
  });

  test('close ends every wait', async (t) => {
    const { runs, task } = await setUp(t);
    const one = task();
    await runs.start(one);
    const waiting = runs.wait(one.runId, 'ci', 60, never);
    await sleep(200);
    await runs.close();
    assert.equal((await waiting).status, 'queued');
  });
});

describe('with Temporal in trouble', () => {
  test('hung: every call is a 503 within the deadline, and works again afterwards', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    const { runs, task } = await setUp(t, { address: proxy.address });
    const one = task();
    proxy.setMode('hang');
    const began = performance.now();
    await assert.rejects(runs.start(one), problem('temporal_unavailable'));
    await assert.rejects(runs.get(one.runId, 'ci'), problem('temporal_unavailable'));
    assert.ok(performance.now() - began < 3 * 3000, 'three calls took longer than three deadlines of 3 s');
    proxy.setMode('refuse');
    await assert.rejects(runs.start(one), problem('temporal_unavailable'));
    proxy.setMode('pass');
    let reply: RunReply | undefined;
    for (let tries = 0; tries < 40 && reply === undefined; tries += 1) {
      reply = await runs.start(one).catch(() => undefined);
    }
    assert.equal(reply?.run.id, one.runId);
  });

  test('slow: a repeat has its answer within the deadline too, though it takes two questions', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    const { runs, task } = await setUp(t, { address: proxy.address });
    const one = task();
    await runs.start(one);
    // Each question takes 1.7 s or more.
    proxy.setDelay(850);
    await assert.rejects(runs.start(one), problem('temporal_unavailable'));
    proxy.setDelay(0);
    assert.equal((await runs.start(one)).unchanged, true);
  });

  test('late: a 503 whose run is recorded says so, and what to do with an id and without one', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    const { runs, task } = await setUp(t, { address: proxy.address });
    const one = task();
    const recorded = 'Temporal did not answer in time, and may have recorded the run all the same';
    proxy.setDelay(1500);
    await assert.rejects(runs.start(one), {
      detail: `${recorded}: send the delivery again with the same id, which cannot start a second run.`,
    });
    await assert.rejects(runs.start({ ...task(), idempotent: false }), {
      detail: `${recorded}. The delivery has no id, so sending it again may start a second run: give each delivery an Idempotency-Key.`,
    });
    proxy.setDelay(0);
    await sleep(3500);
    assert.equal((await runs.start(one)).unchanged, true, 'the run was there all along');
  });

  test('not there yet: a 503 at once that says that nothing was recorded', async () => {
    const runs = createRunClient({
      connection: () => undefined,
      pollConnection: Connection.lazy({ address: '127.0.0.1:1' }),
      namespace: 'default',
      taskQueue: 'none',
      ownBuild: undefined,
      deadlineMs: 2500,
      logger: { error: () => undefined },
    });
    await assert.rejects(runs.start(acceptedTask(toInput(PLAIN))), {
      code: 'temporal_unavailable',
      detail: 'Temporal is not reachable yet, and nothing was recorded: send the delivery again.',
    });
  });

  test('not set up: a missing namespace has a code of its own, and the process learns of it', async (t) => {
    const { address } = await connectToTestServer();
    const connection = await NativeConnection.connect({ address });
    let refusals = 0;
    const runs = createRunClient({
      connection: () => connection,
      pollConnection: Connection.lazy({ address }),
      namespace: 'nowhere',
      taskQueue: 'none',
      ownBuild: undefined,
      deadlineMs: 2500,
      onRefusal: () => (refusals += 1),
      logger: { error: () => undefined },
    });
    t.after(async () => {
      await runs.close();
      await connection.close();
    });
    const one = acceptedTask(toInput(PLAIN));
    await assert.rejects(runs.start(one), problem('temporal_not_set_up'));
    await assert.rejects(runs.get(one.runId, 'ci'), problem('temporal_not_set_up'));
    assert.equal(refusals, 2);
  });
});
