import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveCollectMark } from '../../src/contract/session-id.ts';
import { MAX_COLLECTED, MAX_COLLECTED_BYTES } from '../../src/contract/session.ts';
import { TurnQueue } from '../../src/workflows/session/turn-queue.ts';
import { setUpSessions, type TaskOptions } from '../support/session-setup.ts';
import { waitFor } from '../support/wait-for.ts';

const COLLECT: TaskOptions = { policy: 'collect' };

test('what came while a run was at work is one task: asked once, every run has the answer, one has the usage', async (t) => {
  const { client, start, plan, runs, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  const first = await start('sleep 4000 first', COLLECT);
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const carrier = await start('sleep 1500 a', COLLECT);
  const repeated = plan('sleep 1 b', COLLECT);
  await runs.start(repeated);
  const last = await start('sleep 1 c', COLLECT);
  const collected = [repeated.runId, last];
  await waitFor('the second call', () => ledger.begun.length === 2, 10_000);
  const underWay = await runs.get(last, client);
  assert.deepEqual([underWay.status, underWay.collected_into], ['running', carrier]);
  assert.deepEqual(await runs.readSession('chat', client), { current: carrier, collected, queue: [] });
  assert.equal((await runs.start(repeated)).unchanged, true, 'a repeat of a collected task gets its run');

  for (const id of [first, carrier, ...collected]) assert.equal(await statusOf(id), 'completed');
  const asked = 'sleep 1500 a\n\nsleep 1 b\n\nsleep 1 c';
  assert.deepEqual(ledger.begun, ['sleep 4000 first', asked]);
  for (const id of [carrier, ...collected]) assert.equal((await runs.get(id, client)).output, asked);
  const { usage, collected_into: into } = await runs.get(carrier, client);
  assert.deepEqual([usage?.input_tokens, into], [carrier.length, undefined]);
  for (const id of collected) {
    const run = await runs.get(id, client);
    assert.deepEqual([run.usage, run.collected_into], [undefined, carrier]);
  }
});

test('collected runs fail as the run does whose call is theirs, and only those of one user are collected', async (t) => {
  const { client, start, runs, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  await start('sleep 3000 first', COLLECT);
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const ids = [await start('fail 1 a', COLLECT), await start('sleep 1 b', COLLECT)];
  const other = await start('sleep 1 c', { ...COLLECT, userId: 'another' });
  const queued = await start('sleep 1 d', { policy: 'queue' });
  for (const id of ids) {
    assert.equal(await statusOf(id), 'failed');
    assert.equal((await runs.get(id, client)).error?.code, 'TaskRefused');
  }
  for (const id of [other, queued]) assert.equal(await statusOf(id), 'completed');
  assert.deepEqual(ledger.begun.slice(1), ['fail 1 a\n\nsleep 1 b', 'sleep 1 c', 'sleep 1 d']);
});

for (const end of ['cancel', 'terminate'] as const) {
  test(`what a run collected is asked again when that run ends by ${end}; one that is canceled itself ends at once`, async (t) => {
    const { client, start, server, runs, startWorker, ledger, statusOf } = await setUpSessions(t);
    await startWorker();
    await start('sleep 3000 first', COLLECT);
    await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
    const carrier = await start('hang a', COLLECT);
    const ids = [await start('sleep 1 b', COLLECT), await start('sleep 1 c', COLLECT)];
    const given = await start('sleep 1 d', COLLECT);
    await waitFor('the second call', () => ledger.begun.length === 2, 10_000);
    await runs.cancel(given, client);
    assert.equal(await statusOf(given), 'canceled');
    await server.client.workflow.getHandle(carrier)[end]();
    for (const id of ids) assert.equal(await statusOf(id), 'completed');
    assert.equal(ledger.begun[2], 'sleep 1 b\n\nsleep 1 c');
    const [head = '', member = ''] = ids;
    assert.equal((await runs.get(head, client)).collected_into, undefined);
    assert.equal((await runs.get(member, client)).collected_into, head);
  });
}

test('a queue collects what stands together, up to a count and a size', () => {
  const as = deriveCollectMark('demo', undefined);
  const ticket = (index: number, bytes = 10) => ({ runId: `run-${index}`, collects: { as, bytes } });
  const take = (tickets: readonly object[]) => {
    const queue = new TurnQueue({ queue: tickets as ReturnType<typeof ticket>[], seen: [] });
    queue.take();
    return [queue.view.collected?.length ?? 0, queue.length];
  };
  const many = Array.from({ length: 120 }, (_, index) => ticket(index));
  assert.deepEqual(take(many), [MAX_COLLECTED - 1, 120 - MAX_COLLECTED]);
  const large = MAX_COLLECTED_BYTES / 2;
  assert.deepEqual(take([ticket(1, large), ticket(2, large), ticket(3, 1)]), [1, 1]);
  assert.deepEqual(take([ticket(1, 9 * large), ticket(2)]), [0, 1]);
  assert.deepEqual(take([{ runId: 'run-0' }, ticket(1), ticket(2)]), [0, 2]);
  assert.deepEqual(take([ticket(1), { runId: 'run-0' }, ticket(2)]), [0, 2]);
});
