import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { ProblemError } from '../../src/protocol/problem-error.ts';
import { setUpSessions } from '../support/session-setup.ts';
import { takeManyTurns } from '../support/many-turns.ts';
import { waitFor } from '../support/wait-for.ts';

test('runs of one session key take turns in the order in which they were accepted', async (t) => {
  const { start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const texts = Array.from({ length: 6 }, (_, index) => `sleep 50 ${index}`);
  const ids: string[] = [];
  for (const text of texts) ids.push(await start(text));
  for (const id of ids) assert.equal(await statusOf(id), 'completed');
  assert.deepEqual(ledger.begun, texts);
  assert.deepEqual(ledger.overlapped, []);
});

test('runs of other keys, of other clients and with the policy parallel wait for nobody', async (t) => {
  const { client, start, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  await start('hang 1');
  await start('hang 2', { key: 'another' });
  await start('hang 3', { client: `another-${client}` });
  await start('hang 4', { policy: 'parallel' });
  await waitFor('four calls', () => ledger.begun.length === 4, 10_000);
});

test('a run that waits for nobody has the events that it had before there were sessions', async (t) => {
  const { session, plan, runs, startWorker, server, statusOf } = await setUpSessions(t);
  await startWorker();
  const task = plan('sleep 1', { policy: 'parallel' });
  await runs.start(task);
  assert.equal(await statusOf(task.runId), 'completed');
  const handle = server.client.workflow.getHandle(task.runId);
  await handle.result();
  const { events } = await handle.fetchHistory();
  assert.equal(events?.length, 11);
  await assert.rejects(server.client.workflow.getHandle(session).describe());
});

test('the next run begins when the agent has answered, although its callback is not delivered', async (t) => {
  const { client, start, statusOf, startWorker, runs } = await setUpSessions(t);
  await startWorker();
  const first = await start('sleep 1 first', { callback: true });
  const second = await start('sleep 1 second');
  assert.equal(await statusOf(second), 'completed');
  assert.equal((await runs.get(first, client)).callback.status, 'pending');
});

for (const [how, end] of [
  ['canceled', 'cancel'],
  ['terminated', 'terminate'],
] as const) {
  test(`a current run that is ${how} frees the key within 5 seconds`, async (t) => {
    const { start, statusOf, startWorker, ledger, server } = await setUpSessions(t);
    await startWorker();
    const first = await start('hang first');
    await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
    const second = await start('sleep 1 second');
    await sleep(3000);
    assert.deepEqual(ledger.begun, ['hang first']);
    await server.client.workflow.getHandle(first)[end]();
    await waitFor('the end of the first call', () => ledger.ended.length === 1, 10_000);
    const endedAt = performance.now();
    await waitFor('the second call', () => ledger.begun.length === 2, 10_000);
    const freedAfterMs = performance.now() - endedAt;
    assert.ok(freedAfterMs < 5000, `freed after ${freedAfterMs} ms`);
    assert.equal(await statusOf(second), 'completed');
    assert.deepEqual(ledger.overlapped, []);
  });
}

test('a run that is canceled while it waits ends at once, and the others keep their order', async (t) => {
  const { client, start, statusOf, startWorker, ledger, runs } = await setUpSessions(t);
  await startWorker();
  await start('sleep 2000 first');
  const second = await start('sleep 1 second');
  const third = await start('sleep 1 third');
  await runs.cancel(second, client);
  assert.equal(await statusOf(second, 2), 'canceled');
  assert.deepEqual(ledger.ended, []);
  assert.equal(await statusOf(third), 'completed');
  assert.deepEqual(ledger.begun, ['sleep 2000 first', 'sleep 1 third']);
});

test('a run that nobody announced asks for its turn itself', async (t) => {
  const { plan, statusOf, startWorker, server, taskQueue } = await setUpSessions(t);
  await startWorker();
  const { startOptions } = await import('../../src/runs/kinds/start-options.ts');
  const task = plan('sleep 1 alone');
  await server.client.workflow.start('agentRun', startOptions(task, { taskQueue, eager: false }));
  assert.equal(await statusOf(task.runId), 'completed');
});

test('of tasks with the policy reject that come together one is recorded, the others get 409 and no run', async (t) => {
  const { plan, runs, startWorker, statusOf, ledger } = await setUpSessions(t);
  await startWorker();
  const tasks = Array.from({ length: 4 }, (_, index) => plan(`sleep 500 ${index}`, { policy: 'reject' }));
  const replies = await Promise.allSettled(tasks.map((task) => runs.start(task)));
  const refused = replies
    .filter((reply) => reply.status === 'rejected')
    .map(({ reason }) => (reason as ProblemError).code);
  assert.deepEqual(refused, ['session_busy', 'session_busy', 'session_busy']);
  const [taken = ''] = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value.run.id] : []));
  const winner = tasks.find(({ runId }) => runId === taken);
  assert.ok(winner);
  assert.equal((await runs.start(winner)).unchanged, true, 'a repeat of the recorded task gets its run');
  assert.equal(await statusOf(taken), 'completed');
  assert.equal(ledger.begun.length, 1);
  await waitFor(
    'the key to be free',
    async () => (await runs.start(plan('sleep 1', { policy: 'reject' })).catch(() => undefined)) !== undefined,
    5000,
  );
});

test('interrupt cancels the current run, takes the next turn, and replaces an earlier interrupt that waits', async (t) => {
  const { start, statusOf, startWorker, ledger } = await setUpSessions(t);
  await startWorker();
  const first = await start('hang first');
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const queued = await start('sleep 1 queued');
  const last = await start('sleep 1 last', { policy: 'interrupt' });
  assert.equal(await statusOf(first), 'canceled');
  assert.equal(await statusOf(last), 'completed');
  assert.equal(await statusOf(queued), 'completed');
  assert.deepEqual(ledger.begun, ['hang first', 'sleep 1 last', 'sleep 1 queued']);
  assert.deepEqual(ledger.overlapped, []);
});

test('many turns over several executions: each once, none overlapped, in order, each history short', async (t) => {
  const { executions, longest } = await takeManyTurns(t, { senders: 6, turns: 60, mostEvents: 200 });
  t.diagnostic(`${executions} executions, the longest of ${longest} events`);
  assert.ok(executions >= 4 && longest < 500, `${executions} executions, the longest of ${longest} events`);
});

test('a repeat of a recorded task is no second run, in the session or out of it', async (t) => {
  const { plan, runs, startWorker, statusOf, ledger } = await setUpSessions(t);
  await startWorker();
  const task = plan('sleep 300 once', { runId: randomRunId() });
  await runs.start(task);
  assert.equal((await runs.start(task)).unchanged, true);
  assert.equal(await statusOf(task.runId), 'completed');
  assert.equal((await runs.start(task)).unchanged, true);
  assert.deepEqual(ledger.begun, ['sleep 300 once']);
});
