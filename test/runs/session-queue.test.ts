import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomRunId } from '../../src/contract/run-id.ts';
import { AGENT_SESSION, MAX_QUEUED, sessionOptions } from '../../src/contract/session.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { setUpSessions } from '../support/session-setup.ts';
import type { SessionView } from '../../src/contract/session.ts';
import { waitFor } from '../support/wait-for.ts';

/** On a busy machine the worker may answer a query too late for the deadline of a request. */
async function patiently(read: () => Promise<SessionView | undefined>): Promise<SessionView | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === 'temporal_unavailable') || tries === 5) throw error;
    }
  }
}

test('the queue of a session is read in order, and emptied: what waits is canceled, the current run goes on', async (t) => {
  const { client, start, statusOf, startWorker, ledger, runs } = await setUpSessions(t);
  assert.equal(await runs.readSession('chat', client), undefined);
  await startWorker();
  const current = await start('sleep 8000 current');
  await waitFor('the call', () => ledger.begun.length === 1, 10_000);
  const waiting = [await start('sleep 1 a'), await start('sleep 1 b')];
  assert.deepEqual(await patiently(() => runs.readSession('chat', client)), { current, queue: waiting });
  await runs.emptySession('chat', client);
  assert.deepEqual(await patiently(() => runs.readSession('chat', client)), { current, queue: [] });
  for (const id of waiting) assert.equal(await statusOf(id), 'canceled');
  assert.equal(await statusOf(current), 'completed');
  assert.deepEqual(ledger.begun, ['sleep 8000 current']);
});

test('a run that waits for its turn tells its position, in the event stream too, for one question a second', async (t) => {
  const { client, start, startWorker, ledger, runs, calls } = await setUpSessions(t);
  await startWorker();
  const current = await start('hang current');
  await waitFor('the call', () => ledger.begun.length === 1, 10_000);
  const [first, second] = [await start('sleep 1 a'), await start('hang b')];
  await waitFor('the second place', async () => (await runs.get(second, client)).position === 2, 20_000);
  await waitFor('the first place', async () => (await runs.get(first, client)).position === 1, 20_000);
  assert.equal((await runs.get(current, client)).position, undefined);

  const stop = new AbortController();
  t.after(() => stop.abort());
  const seen: (number | undefined)[] = [];
  void (async () => {
    for await (const { run } of runs.follow(second, client, stop.signal)) seen.push(run.position);
  })();
  await waitFor('the stream', () => seen.length > 0, 5000);
  calls.length = 0;
  const startedAt = performance.now();
  for (let reads = 0; reads < 20; reads += 1) await runs.get(second, client);
  const seconds = Math.ceil((performance.now() - startedAt) / 1000);
  const questions = calls.filter((call) => call === 'QueryWorkflow').length;
  assert.ok(questions <= seconds + 1, `${questions} questions in ${seconds} s`);
  await runs.cancel(current, client);
  await waitFor('the turn of the last', () => ledger.begun.length === 3, 10_000);
  await waitFor('the news of it', () => seen.at(-1) === undefined, 20_000);
  assert.equal(seen[0], 2);
});

test('a read of a run without a session asks no session', async (t) => {
  const { client, plan, runs, calls } = await setUpSessions(t);
  const { input, ...task } = plan('hang', { policy: 'parallel' });
  const { sessionKey: _, ...keyless } = input.task;
  const { sessionKey: __, ...memo } = task.memo;
  await runs.start({ ...task, memo, input: { ...input, task: keyless } });
  calls.length = 0;
  assert.equal((await runs.get(task.runId, client)).status, 'queued');
  assert.deepEqual(calls, ['DescribeWorkflowExecution']);
});

test('a session that is full refuses a task, but not the repeat of one that it took', async (t) => {
  const { session, plan, runs, startWorker, ledger, server, taskQueue } = await setUpSessions(t);
  await startWorker();
  const first = plan('hang first');
  await runs.start(first);
  await waitFor('the call', () => ledger.begun.length === 1, 10_000);
  // A thousand signals would take too long here: an execution that carries the queue takes the place of the first.
  await server.client.workflow.getHandle(session).terminate();
  const queue = Array.from({ length: MAX_QUEUED }, () => ({ runId: randomRunId() }));
  await server.client.workflow.start(AGENT_SESSION, {
    ...sessionOptions(session, taskQueue, { runId: first.runId }),
    args: [{ queue, current: first.runId, seen: [] }],
  });
  const isFull = async (): Promise<boolean> =>
    (await server.client.workflow.getHandle(session).describe()).memo?.['full'] === true;
  await waitFor('the session to say so', isFull, 10_000);
  // The ingress takes what it knows for true for a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await assert.rejects(runs.start(plan('sleep 1 too many')), (error) => {
    return error instanceof ProblemError && error.code === 'session_full';
  });
  assert.equal((await runs.start(first)).unchanged, true);
  await server.client.workflow.getHandle(session).terminate();
});
