import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ProblemError } from '../../src/protocol/problem-error.ts';
import { DOOMED_AGENT, setUpSessions } from '../support/session-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const DOOMED_WORKER = fileURLToPath(new URL('../support/doomed-worker.ts', import.meta.url));

test('a worker that is killed while its run holds the turn: the next worker goes on, and the turns keep their order', async (t) => {
  const { server, taskQueue, start, statusOf, startWorker, ledger } = await setUpSessions(t);
  const args = ['--import', 'tsx', DOOMED_WORKER, server.address, server.namespace, taskQueue, temporaryFolder(t)];
  const doomed = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => doomed.kill('SIGKILL'));
  let isCalled = false;
  doomed.stdout.on('data', () => (isCalled = true));
  const ids = [
    await start('sleep 1 first', { agent: DOOMED_AGENT }),
    await start('sleep 1 second', { agent: DOOMED_AGENT }),
  ];
  await waitFor('the call', () => isCalled, 30_000);
  doomed.kill('SIGKILL');
  await startWorker();
  for (const id of ids) assert.equal(await statusOf(id, 60), 'completed');
  assert.deepEqual([ledger.begun, ledger.overlapped], [['sleep 1 first', 'sleep 1 second'], []]);
});

test('an agent that hangs keeps the key until its timeout, and no longer', async (t) => {
  const { start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const agentPolicy = { attemptTimeoutMs: 3000, totalTimeoutMs: 4000, maxAttempts: 1 };
  const hung = await start('hang first', { agentPolicy });
  const next = await start('sleep 1 second');
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  assert.equal(await statusOf(hung), 'timed_out');
  const endedAt = performance.now();
  assert.equal(await statusOf(next), 'completed');
  assert.ok(performance.now() - endedAt < 5000, `freed after ${performance.now() - endedAt} ms`);
  assert.deepEqual(ledger.overlapped, []);
});

test('a current run that somebody deletes frees the key', async (t) => {
  const { server, start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const first = await start('hang first');
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const next = await start('sleep 1 second');
  await server.client.workflowService.deleteWorkflowExecution({
    namespace: server.namespace,
    workflowExecution: { workflowId: first },
  });
  await waitFor('the end of the first call', () => ledger.ended.length === 1, 10_000);
  const endedAt = performance.now();
  assert.equal(await statusOf(next), 'completed');
  assert.ok(performance.now() - endedAt < 5000, `freed after ${performance.now() - endedAt} ms`);
});

test('of two interrupts that come together one runs, and the one that came first is canceled', async (t) => {
  const { plan, runs, start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const first = await start('hang first');
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const both = [plan('sleep 500 a', { policy: 'interrupt' }), plan('sleep 500 b', { policy: 'interrupt' })];
  await Promise.all(both.map((task) => runs.start(task)));
  assert.equal(await statusOf(first), 'canceled');
  const ends = await Promise.all(both.map(({ runId }) => statusOf(runId)));
  assert.deepEqual(ends.toSorted(), ['canceled', 'completed']);
  assert.deepEqual(ledger.overlapped, []);
});

test('a delayed run joins its session when it starts, and takes its turn there', async (t) => {
  const { plan, runs, start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const delayed = { ...plan('sleep 1 delayed', { announcesItself: true }), startDelayMs: 1500 };
  await runs.start(delayed);
  const current = await start('sleep 4000 current');
  await sleep(2500);
  assert.deepEqual(ledger.begun, ['sleep 4000 current']);
  for (const id of [current, delayed.runId]) assert.equal(await statusOf(id), 'completed');
  assert.deepEqual([ledger.begun, ledger.overlapped], [['sleep 4000 current', 'sleep 1 delayed'], []]);
});

test('a queue is as long as the operator permits: above it 429, and room again when a turn is over', async (t) => {
  const { client, plan, runs, start, startWorker, statusOf, ledger } = await setUpSessions(t);
  await startWorker();
  const options = { mostQueued: 2 };
  const current = await start('hang current', options);
  await waitFor('the call', () => ledger.begun.length === 1, 10_000);
  const waiting = [await start('sleep 1 a', options), await start('sleep 1 b', options)];
  const code = async (): Promise<string | undefined> =>
    runs.start(plan('hang c', options)).then(
      () => undefined,
      (error: unknown) => (error as ProblemError).code,
    );
  // The ingress takes what it knows for true for a second.
  await sleep(1500);
  assert.equal(await code(), 'session_full');
  await runs.cancel(current, client);
  for (const id of waiting) assert.equal(await statusOf(id), 'completed');
  assert.equal(await code(), undefined);
});
