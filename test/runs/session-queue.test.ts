import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomRunId } from '../../src/contract/run-id.ts';
import { AGENT_SESSION, MAX_QUEUED, sessionOptions } from '../../src/contract/session.ts';
import { ProblemError } from '../../src/protocol/problems.ts';
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
