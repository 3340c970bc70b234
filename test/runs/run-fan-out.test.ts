import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectForPolls } from '../../src/runs/poll-history.ts';
import { RunFanOut } from '../../src/runs/run-fan-out.ts';
import { RUN_KINDS } from '../../src/runs/run-kinds.ts';
import { startOptions } from '../../src/runs/kinds/start-options.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { RunState } from '../../src/runs/run-kind.ts';
import type { Snapshot } from '../../src/runs/run-watch.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { type Scenario, toInput } from '../replay/scenarios.ts';
import { countPolls, type PollCount, setUpRunClient } from '../support/run-client-setup.ts';
import { acceptedTask } from '../support/run-scenario.ts';
import { ScriptedActivities } from '../support/scripted-activities.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };
const never = new AbortController().signal;

/** What is followed, as it comes. */
function collect(states: AsyncIterable<RunState>): { seen: RunResource[]; ended: Promise<void> } {
  const seen: RunResource[] = [];
  const read = async (): Promise<void> => {
    for await (const { run } of states) seen.push(run);
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

describe('a run that is waited for and listened to', () => {
  test('costs one long poll, of which both see the end', async (t) => {
    const { runs, task, polls, withWorker } = await setUpRunClient(t);
    const one = task();
    await runs.start(one);
    const { seen, ended } = collect(runs.follow(one.runId, 'ci', never));
    const waits = Array.from({ length: 10 }, () => runs.wait(one.runId, 'ci', 30, never));
    // One page with the start of the run, and one poll for what comes.
    await waitFor('the poll', () => polls.begun === 2 && polls.open === 1);
    await sleep(1000);
    assert.deepEqual(polls, { begun: 2, open: 1, mostOpen: 1 });
    await withWorker(new ScriptedActivities(), async () => {
      for (const run of await Promise.all(waits)) assert.equal(run.status, 'completed');
      await ended;
    });
    assert.deepEqual([polls.open, polls.mostOpen], [0, 1]);
    assert.equal(seen.at(-1)?.callback.status, 'delivered');
  });

  test('is polled for until both have gone, whoever goes first', async (t) => {
    const { fanOut, polls, task, state } = await setUpFanOut(t);
    for (const first of ['waiter', 'listener'] as const) {
      const gone = { waiter: new AbortController(), listener: new AbortController() };
      const begun = polls.begun;
      const wait = fanOut.wait(task.runId, RUN_KINDS.agentRun, gone.waiter.signal);
      const listener = collect(fanOut.listen(task.runId, RUN_KINDS.agentRun, state(), gone.listener.signal));
      await waitFor('the poll', () => polls.begun === begun + 2 && polls.open === 1);
      gone[first].abort();
      await (first === 'waiter' ? wait : listener.ended);
      await sleep(50);
      assert.deepEqual([fanOut.size, polls.open], [1, 1], `without the ${first}`);
      gone.waiter.abort();
      gone.listener.abort();
      await Promise.all([wait, listener.ended]);
      await waitFor('the end of the poll', () => polls.open === 0);
      assert.equal(fanOut.size, 0);
    }
    assert.equal(polls.mostOpen, 1);
  });

  test('is read for its listener alone', async (t) => {
    const { fanOut, polls, reads, task, state } = await setUpFanOut(t);
    const gone = { waiter: new AbortController(), listener: new AbortController() };
    const wait = fanOut.wait(task.runId, RUN_KINDS.agentRun, gone.waiter.signal);
    await waitFor('the poll', () => polls.begun === 2);
    await sleep(500);
    assert.equal(reads(), 0);
    const listener = collect(fanOut.listen(task.runId, RUN_KINDS.agentRun, state(), gone.listener.signal));
    await waitFor('a read for what came before it listened', () => reads() === 1, 1000);
    gone.listener.abort();
    await listener.ended;
    await sleep(2500);
    assert.equal(reads(), 1, 'it is read although nobody listens');
    gone.waiter.abort();
    await wait;
  });
});

describe('waiting for a run', () => {
  test('is one long poll for many, which ends with the last of them', async (t) => {
    const { fanOut, polls, task, terminate } = await setUpFanOut(t);
    const leaving = Array.from({ length: 50 }, () => new AbortController());
    const waits = leaving.map(({ signal }) => fanOut.wait(task.runId, RUN_KINDS.agentRun, signal));
    await waitFor('the poll', () => polls.begun === 2 && polls.open === 1);
    const [first, ...others] = leaving;
    first?.abort();
    await sleep(50);
    assert.deepEqual([fanOut.size, polls.open], [1, 1]);
    for (const other of others) other.abort();
    await Promise.all(waits);
    await waitFor('the end of the poll', () => polls.open === 0);
    assert.equal(fanOut.size, 0);

    // A later one begins anew.
    const late = fanOut.wait(task.runId, RUN_KINDS.agentRun, AbortSignal.timeout(20_000));
    await terminate();
    await late;
    assert.deepEqual([fanOut.size, polls.mostOpen], [0, 1]);
  });

  test('ends at once for an unknown run, and after close', async (t) => {
    const { fanOut, polls } = await setUpFanOut(t);
    await fanOut.wait('run-unknown', RUN_KINDS.agentRun, AbortSignal.timeout(20_000));
    assert.equal(fanOut.size, 0);
    fanOut.close();
    const { begun } = polls;
    await fanOut.wait('run-unknown', RUN_KINDS.agentRun, AbortSignal.timeout(20_000));
    assert.equal(polls.begun, begun);
  });
});

test('many who listen to one run share its reads, which end with the last of them', async (t) => {
  const { fanOut, reads, task, state, progress } = await setUpFanOut(t);
  const seen = state();
  const leaving = Array.from({ length: 50 }, () => new AbortController());
  const listeners = leaving.map(({ signal }) => collect(fanOut.listen(task.runId, RUN_KINDS.agentRun, seen, signal)));
  assert.equal(fanOut.size, 1);
  await waitFor('the first read', () => reads() > 0);
  progress('1');
  await waitFor(
    'the progress at everyone',
    () => listeners.every((listener) => listener.seen.at(-1)?.agent?.progress === '1'),
    10_000,
  );
  assert.ok(reads() <= 5, `${reads()} reads for one change`);
  for (const leave of leaving) leave.abort();
  await Promise.all(listeners.map(({ ended }) => ended));
  assert.equal(fanOut.size, 0);
  const before = reads();
  await sleep(2500);
  assert.equal(reads(), before, 'it is read although nobody listens');
});

interface FanOutSetup {
  readonly fanOut: RunFanOut;
  readonly polls: PollCount;
  /** A run that no worker works on. */
  readonly task: AcceptedTask;
  readonly terminate: () => Promise<unknown>;
  /** How often it was read. */
  readonly reads: () => number;
  /** What it reads as. */
  readonly state: () => Snapshot;
  readonly progress: (text: string) => void;
}

async function setUpFanOut(t: TestContext): Promise<FanOutSetup> {
  const server = await connectToTestServer();
  const connection = connectForPolls({ address: server.address });
  const polls = countPolls(connection);
  const task = acceptedTask(toInput(PLAIN));
  let reads = 0;
  let progress = '';
  const state = (): Snapshot => ({
    run: {
      id: task.runId,
      workflow_id: task.runId,
      status: 'running',
      terminal: false,
      agent: { name: 'demo', progress },
      callback: { status: 'none' },
      links: { self: '' },
    },
    settled: false,
    readAt: performance.now(),
  });
  const read = (): Promise<RunState> => {
    reads += 1;
    return Promise.resolve(state());
  };
  const fanOut = new RunFanOut({ connection, namespace: server.namespace, read });
  const options = startOptions(task, { taskQueue: uniqueTaskQueue(t), eager: false });
  const handle = await server.client.workflow.start('agentRun', options);
  t.after(async () => {
    fanOut.close();
    await connection.close();
    await handle.terminate().catch(() => undefined);
  });
  return {
    fanOut,
    polls,
    task,
    terminate: () => handle.terminate(),
    reads: () => reads,
    state,
    progress: (text) => {
      progress = text;
    },
  };
}
