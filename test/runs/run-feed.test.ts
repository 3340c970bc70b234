import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { RunFeeds } from '../../src/runs/run-feeds.ts';
import { startOptions } from '../../src/runs/start-options.ts';
import { ProblemError } from '../../src/protocol/problems.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { type Scenario, toInput } from '../replay/scenarios.ts';
import { setUpRunClient } from '../support/run-client-setup.ts';
import { acceptedTask } from '../support/run-scenario.ts';
import { ScriptedActivities } from '../support/scripted-activities.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };
const never = new AbortController().signal;

/** What is followed, as it comes. */
function collect(runs: AsyncIterable<RunResource>): { seen: RunResource[]; ended: Promise<void> } {
  const seen: RunResource[] = [];
  const read = async (): Promise<void> => {
    for await (const run of runs) seen.push(run);
  };
  return { seen, ended: read() };
}

describe('following a run on a real server', () => {
  test('shows it queued, at work with its progress, and over with its callback delivered', async (t) => {
    const { runs, task, withWorker } = await setUpRunClient(t);
    const scenario: Scenario = { ...PLAIN, agent: [{ retry: 'ConnectionLost', delayMs: 3000 }] };
    const one = task(scenario);
    await runs.start(one);
    const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
    await waitFor('the snapshot', () => seen.length === 1);
    await withWorker(new ScriptedActivities(scenario), () => ended);
    assert.equal(seen[0]?.status, 'queued');
    const errors = seen.map(({ agent }) => agent?.last_error);
    assert.ok(errors.includes('scripted ConnectionLost'), JSON.stringify(errors));
    const last = seen.at(-1);
    assert.deepEqual([last?.status, last?.callback.status], ['completed', 'delivered']);
    const texts = seen.map((run) => JSON.stringify(run));
    assert.equal(new Set(texts).size, texts.length, 'the same state twice');
    const ranks = seen.map(({ status }) => ['queued', 'running', 'completed'].indexOf(status));
    assert.deepEqual(
      ranks,
      ranks.toSorted((lower, higher) => lower - higher),
      'a state that went back',
    );
  });

  test('goes on while the callback is retried, until it is dead', async (t) => {
    const { runs, task, withWorker } = await setUpRunClient(t);
    const scenario: Scenario = {
      ...PLAIN,
      target: { retryDelaysMs: [2500] },
      callback: [
        { retry: 'CallbackFailed', statusCode: 503, delayMs: 2500 },
        { fail: 'CallbackFailed', statusCode: 503 },
      ],
    };
    const one = task(scenario);
    await runs.start(one);
    const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
    await withWorker(new ScriptedActivities(scenario), () => ended);
    const callbacks = seen.map(({ callback }) => callback.status);
    assert.ok(callbacks.includes('retrying'), callbacks.join(', '));
    assert.deepEqual([seen.at(-1)?.status, callbacks.at(-1)], ['completed', 'dead']);
  });

  test('is for its own client alone', async (t) => {
    const { runs, task } = await setUpRunClient(t);
    const one = task();
    await runs.start(one);
    const foreign = runs.follow(one.runId, 'somebody-else', never);
    await assert.rejects(foreign.next(), (error) => error instanceof ProblemError && error.code === 'not_found');
    assert.equal((await foreign.next()).done, true);
  });

  test('outlives an outage of Temporal and never misses the end', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    const { runs, task, withWorker } = await setUpRunClient(t, { address: proxy.address });
    const one = task();
    await runs.start(one);
    const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
    await waitFor('the snapshot', () => seen.length === 1);
    proxy.setMode('refuse');
    await withWorker(new ScriptedActivities(), async () => {
      await server.client.workflow.getHandle(one.runId).result();
    });
    assert.equal(seen.length, 1);
    proxy.setMode('pass');
    await ended;
    assert.equal(seen.at(-1)?.callback.status, 'delivered');
  });

  test('can be closed in the midst of an outage', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    await t.test('while its polls fail', async (inner) => {
      const { runs, task } = await setUpRunClient(inner, { address: proxy.address });
      const one = task();
      await runs.start(one);
      const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
      await waitFor('the snapshot', () => seen.length === 1);
      await sleep(300); // until it polls
      proxy.setMode('refuse');
      await sleep(300); // until a poll has failed
      await runs.close();
      await ended;
    });
    // Whatever would try again on the closed connection throws by now, and fails the file.
    await sleep(1500);
  });

  test('ends with close', async (t) => {
    const { runs, task } = await setUpRunClient(t);
    const one = task();
    await runs.start(one);
    const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
    await waitFor('the snapshot', () => seen.length === 1);
    await sleep(300); // until it listens
    await runs.close();
    await ended;
    assert.equal(seen.length, 1);
  });
});

test('many who follow one run share its reads, which end with the last of them', async (t) => {
  const server = await connectToTestServer();
  const connection = await Connection.connect({ address: server.address });
  t.after(() => connection.close());
  let reads = 0;
  let progress = 0;
  const run = (): RunResource => ({
    id: shared.runId,
    workflow_id: shared.runId,
    status: 'running',
    terminal: false,
    agent: { name: 'demo', progress: String(progress) },
    callback: { status: 'none' },
    links: { self: '' },
  });
  const feeds = new RunFeeds({
    connection,
    namespace: server.namespace,
    read: () => {
      reads += 1;
      return Promise.resolve(run());
    },
  });
  const shared = acceptedTask(toInput(PLAIN));
  await server.client.workflow.start('agentRun', startOptions(shared, { taskQueue: uniqueTaskQueue(t), eager: false }));
  const seen = { run: run(), readAt: performance.now() };
  const leaving = Array.from({ length: 50 }, () => new AbortController());
  const listeners = leaving.map(({ signal }) => collect(feeds.listen(shared.runId, seen, signal)));
  assert.equal(feeds.size, 1);
  await waitFor('the first read', () => reads > 0);
  progress = 1;
  await waitFor(
    'the progress at everyone',
    () => listeners.every((listener) => listener.seen.at(-1)?.agent?.progress === '1'),
    10_000,
  );
  assert.ok(reads <= 5, `${reads} reads for one change`);
  for (const leave of leaving) leave.abort();
  await Promise.all(listeners.map(({ ended }) => ended));
  assert.equal(feeds.size, 0);
  const before = reads;
  await sleep(2500);
  assert.equal(reads, before, 'it is read although nobody listens');
  await server.client.workflow.getHandle(shared.runId).terminate();
});
