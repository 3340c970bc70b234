import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SESSION_IDLE, sessionOptions, toTicket } from '../../src/contract/session.ts';
import type { ProblemError } from '../../src/protocol/problem-error.ts';
import { setUpSessions, type TaskOptions } from '../support/session-setup.ts';
import { waitFor } from '../support/wait-for.ts';

const RECALLS: TaskOptions = { recalls: { turns: 3, forMs: 600_000 } };
const pair = (text: string): string[] => [`user: ${text}`, `assistant: ${text}`];

test('an agent without a memory is told the last turns of its session, bounded by count and bytes, and no other', async (t) => {
  const { client, session, start, server, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  const say = async (text: string, options: TaskOptions = {}): Promise<string> => {
    const id = await start(text, { ...RECALLS, ...options });
    await statusOf(id);
    return id;
  };
  for (const text of ['sleep 1 a', 'sleep 1 b', 'fail 1 c', 'sleep 1 d', 'sleep 1 e', 'sleep 1 f']) await say(text);
  // The one that failed is one of the three, and has nothing to tell.
  assert.deepEqual(ledger.told, [
    [],
    pair('sleep 1 a'),
    [...pair('sleep 1 a'), ...pair('sleep 1 b')],
    [...pair('sleep 1 a'), ...pair('sleep 1 b')],
    [...pair('sleep 1 b'), ...pair('sleep 1 d')],
    [...pair('sleep 1 d'), ...pair('sleep 1 e')],
  ]);
  const long = `sleep 1 ${'x'.repeat(90)}`;
  await say(long);
  await say('sleep 1 g');
  assert.deepEqual(ledger.told.at(-1), pair(long), 'the turn before the long one does not fit whole');

  await say('sleep 1 h', { key: 'another' });
  assert.deepEqual(ledger.told.at(-1), []);
  // Of another client, although its session is told a run of this one.
  const stranger = `another-${client}`;
  const [foreign] = [await start('sleep 1 i', { ...RECALLS, client: stranger, key: 'new' })];
  await waitFor('its call', () => ledger.begun.includes('sleep 1 i'), 10_000);
  assert.deepEqual(ledger.told.at(-1), []);
  assert.ok(foreign);

  const { memo } = await server.client.workflow.getHandle(session).describe();
  assert.equal(memo?.[SESSION_IDLE], true);
});

test('a run is not told turns of another client, whatever its session names', async (t) => {
  const { session, plan, runs, start, server, taskQueue, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  const foreign = await start('sleep 1 secret', { client: 'somebody-else' });
  await waitFor('its call', () => ledger.ended.length === 1, 10_000);
  const task = plan('sleep 1 mine', RECALLS);
  assert.ok(task.input.session);
  const ticket = toTicket(task.runId, task.input.session);
  await server.client.workflow.start('agentSession', {
    ...sessionOptions(session, taskQueue, ticket),
    args: [{ queue: [], seen: [], turns: [foreign], rememberedMs: 60_000 }],
  });
  await runs.start(task);
  assert.equal(await statusOf(task.runId), 'completed');
  const agentInput = (await server.client.workflow.getHandle(task.runId).fetchHistory()).events?.some((event) =>
    JSON.stringify(
      event.activityTaskScheduledEventAttributes?.input?.payloads?.map(({ data }) => String(data)) ?? '',
    ).includes(foreign),
  );
  assert.equal(agentInput, true, 'the call was given the id');
  assert.deepEqual(ledger.told.at(-1), []);
});

test('collected tasks are one turn; DELETE forgets the turns; a session that only remembers ends in its time', async (t) => {
  const { client, session, start, runs, server, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  const options: TaskOptions = { policy: 'collect', recalls: { turns: 2, forMs: 3000 } };
  await start('sleep 1500 a', options);
  await waitFor('the first call', () => ledger.begun.length === 1, 10_000);
  const ids = [await start('sleep 1 b', options), await start('sleep 1 c', options)];
  for (const id of ids) assert.equal(await statusOf(id), 'completed');
  await statusOf(await start('sleep 1 d', options));
  const together = 'sleep 1 b\n\nsleep 1 c';
  assert.deepEqual(ledger.told, [[], pair('sleep 1500 a'), [...pair('sleep 1500 a'), ...pair(together)]]);

  const isIdle = async (): Promise<boolean> =>
    (await server.client.workflow.getHandle(session).describe()).memo?.[SESSION_IDLE] === true;
  await waitFor('the session to be idle', isIdle, 10_000);
  assert.deepEqual(await runs.readSession('chat', client), { queue: [] });
  await runs.emptySession('chat', client);
  await waitFor('its end', async () => (await runs.readSession('chat', client)) === undefined, 10_000);
  await statusOf(await start('sleep 1 e', options));
  assert.deepEqual(ledger.told.at(-1), []);
  await waitFor('its end', async () => (await runs.readSession('chat', client)) === undefined, 15_000);
});

test('of tasks with the policy reject that come together to a session that only remembers, one is recorded', async (t) => {
  const { session, start, plan, runs, server, startWorker, ledger, statusOf } = await setUpSessions(t);
  await startWorker();
  await statusOf(await start('sleep 1 a', RECALLS));
  const isIdle = async (): Promise<boolean> =>
    (await server.client.workflow.getHandle(session).describe()).memo?.[SESSION_IDLE] === true;
  await waitFor('the session to be idle', isIdle, 10_000);
  const tasks = Array.from({ length: 3 }, (_, index) => plan(`sleep 1500 ${index}`, { ...RECALLS, policy: 'reject' }));
  const replies = await Promise.allSettled(tasks.map((task) => runs.start(task)));
  const taken = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value.run.id] : []));
  const codes = replies.flatMap((reply) => (reply.status === 'rejected' ? [(reply.reason as ProblemError).code] : []));
  assert.deepEqual([taken.length, codes], [1, ['session_busy', 'session_busy']]);
  assert.equal(await statusOf(taken[0] ?? ''), 'completed');
  assert.deepEqual(ledger.told.at(-1), pair('sleep 1 a'));
});
