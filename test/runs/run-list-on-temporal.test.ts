import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunClient } from '../../src/runs/run-client.ts';
import type { ListRequest, RunPage } from '../../src/runs/list-runs.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { RunFilter } from '../../src/protocol/run-list.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { taskSummary } from '../../src/contract/summary.ts';
import { msToTs } from '@temporalio/common/lib/time.js';
import { SCENARIOS, type Scenario, toInput } from '../replay/scenarios.ts';
import { setUpRunClient } from '../support/run-client-setup.ts';
import { acceptedTask, runScenario } from '../support/run-scenario.ts';
import { ScriptedActivities } from '../support/scripted-activities.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };
const TOGETHER = 4;

function uniqueClient(): string {
  return `client-${randomBytes(5).toString('hex')}`;
}

/** Everything that a filter finds, page by page. */
async function listAll(runs: RunClient, client: string, filter: RunFilter = {}, limit = 100): Promise<RunResource[]> {
  const found: RunResource[] = [];
  let request: ListRequest | undefined = { client, filter, limit };
  while (request !== undefined) {
    const page = await listPatiently(runs, request);
    found.push(...page.runs.map((run) => runResource.parse(run)));
    request = page.pageToken && { client, filter, limit, pageToken: page.pageToken };
  }
  return found;
}

/** Temporal lists ten times a second for all of a namespace, and refuses beyond a burst; other tests list beside this one. */
async function listPatiently(runs: RunClient, request: ListRequest): Promise<RunPage> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await runs.list(request);
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === 'temporal_unavailable') || tries === 10) throw error;
      await sleep(500);
    }
  }
}

/** Temporal's list is a little behind: asks until it says what it should, or returns what it says after 20 s. */
async function listUntil(
  list: () => Promise<RunResource[]>,
  holds: (found: readonly RunResource[]) => boolean,
): Promise<RunResource[]> {
  const end = performance.now() + 20_000;
  for (;;) {
    const found = await list();
    if (holds(found) || performance.now() > end) return found;
    await sleep(100);
  }
}

function ids(runs: readonly RunResource[]): string[] {
  return runs.map(({ id }) => id).toSorted();
}

test('every way in which a run can end is listed as the run itself reads, and found by it', async (t) => {
  const { runs } = await setUpRunClient(t);
  const client = uniqueClient();
  const expected = new Map<string, { name: string; status: string; callback: string }>();
  const scenarios = Object.entries(SCENARIOS).filter(([, { reads }]) => reads.code !== 'InvalidInput');
  for (let i = 0; i < scenarios.length; i += TOGETHER) {
    await Promise.all(
      scenarios.slice(i, i + TOGETHER).map(async ([name, scenario]) => {
        const played = await runScenario({ name }, { ...scenario, input: { ...scenario.input, client } });
        expected.set(played.runId, { name, status: scenario.reads.status, callback: scenario.reads.callback });
      }),
    );
  }
  const summarize = (found: readonly RunResource[]): unknown[] =>
    found
      .map(({ id, status, callback }) => [expected.get(id)?.name, status, callback.status])
      .toSorted((one, other) => String(one).localeCompare(String(other)));
  const wanted = (keep: (reads: { status: string; callback: string }) => boolean): unknown[] =>
    [...expected.values()]
      .filter(keep)
      .map(({ name, status, callback }) => [name, status, callback])
      .toSorted((one, other) => String(one).localeCompare(String(other)));

  const all = await listUntil(
    () => listAll(runs, client),
    (found) => JSON.stringify(summarize(found)) === JSON.stringify(wanted(() => true)),
  );
  assert.deepEqual(
    summarize(all),
    wanted(() => true),
  );
  for (const run of all) {
    const exact = await runs.get(run.id, client);
    assert.deepEqual([run.error, run.agent?.name, run.created_at], [exact.error, exact.agent?.name, exact.created_at]);
    assert.equal(run.output, undefined);
  }
  for (const status of ['completed', 'failed', 'timed_out', 'canceled', 'running'] as const) {
    assert.deepEqual(
      summarize(await listAll(runs, client, { status }, 3)),
      wanted((reads) => reads.status === status),
      status,
    );
  }
  for (const callback of ['none', 'pending', 'retrying', 'delivered', 'dead'] as const) {
    assert.deepEqual(
      summarize(await listAll(runs, client, { callback }, 3)),
      wanted((reads) => reads.callback === callback),
      callback,
    );
  }
});

test('open runs: running, answered with a late callback, and a dead letter', async (t) => {
  const { runs, withWorker } = await setUpRunClient(t);
  const client = uniqueClient();
  const late: Scenario = {
    ...PLAIN,
    input: { client },
    target: { retryDelaysMs: [60_000] },
    callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 }],
  };
  const dead: Scenario = {
    ...PLAIN,
    input: { client },
    agent: [{ fail: 'AnswerTooLarge' }],
    callback: [{ fail: 'CallbackFailed', statusCode: 410 }],
  };
  const tasks: Record<string, string> = {};
  for (const [name, scenario] of Object.entries({ dead, late })) {
    const one = acceptedTask(toInput(scenario));
    tasks[name] = one.runId;
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      while (activities.deliveries.length < 1) await sleep(10);
      // The mark, which the list is made from, comes a workflow task after the failure that a reader sees.
      const handle = (await connectToTestServer()).client.workflow.getHandle(one.runId);
      const mark = name === 'dead' ? 'dead' : 'retrying';
      while ((await handle.describe()).searchAttributes['GarudustCallback']?.[0] !== mark) await sleep(50);
    });
  }
  // No worker from here on.
  const queued = acceptedTask(toInput({ ...PLAIN, input: { client }, target: 'none' }));
  await runs.start(queued);

  const found = await listUntil(
    () => listAll(runs, client),
    (listed) => listed.filter(({ terminal }) => terminal).length === 2 && listed.length === 3,
  );
  const byId = new Map(found.map((run) => [run.id, run]));
  const read = (id: string | undefined): unknown[] => {
    const { status, terminal, callback, error } = byId.get(id ?? '') ?? {};
    return [status, terminal, callback?.status, error?.code];
  };
  assert.deepEqual(read(queued.runId), ['running', false, 'none', undefined]);
  assert.deepEqual(read(tasks['late']), ['completed', true, 'retrying', undefined]);
  assert.deepEqual(read(tasks['dead']), ['failed', true, 'dead', 'AnswerTooLarge']);
  assert.equal(byId.get(tasks['dead'] ?? '')?.callback.last_status_code, 410);
  assert.equal(found[0]?.id, queued.runId, 'of the open ones the latest start is first');
  assert.deepEqual(ids(await listAll(runs, client, { callback: 'dead' })), [tasks['dead']]);
  assert.deepEqual(ids(await listAll(runs, client, { callback: 'retrying' })), [tasks['late']]);
  assert.deepEqual(ids(await listAll(runs, client, { status: 'running' })), [queued.runId]);
  assert.deepEqual(ids(await listAll(runs, client, { status: 'failed' })), [tasks['dead']]);
});

describe('filters', () => {
  const SESSIONS = [
    'plain',
    "O'Brien",
    "' OR '1'='1",
    "'",
    '"quoted"',
    'what?',
    'back\\slash',
    '100%',
    'a_b',
    'a b (c) [d]',
    'Grüße 世界 🙂',
    'x'.repeat(400),
    `${'x'.repeat(400)}y`,
    '-- comment',
    '; DROP TABLE executions',
  ];

  test('find by whatever text a caller chose, and can not be turned into a query', async (t) => {
    const { runs } = await setUpRunClient(t);
    const client = uniqueClient();
    const other = uniqueClient();
    const started = new Map<string, string>();
    for (const sessionKey of SESSIONS) {
      for (const owner of [client, other]) {
        const input = toInput({ ...PLAIN, input: { client: owner } });
        const task = acceptedTask({
          ...input,
          task: { ...input.task, sessionKey, userId: sessionKey, metadata: { note: sessionKey, all: 'yes' } },
        });
        await runs.start(task);
        if (owner === client) started.set(sessionKey, task.runId);
      }
    }
    const all = await listUntil(
      () => listAll(runs, client),
      (found) => found.length === SESSIONS.length,
    );
    assert.deepEqual(ids(all), [...started.values()].toSorted());
    for (const [text, runId] of started) {
      for (const filter of [{ session: text }, { user: text }]) {
        assert.deepEqual(ids(await listAll(runs, client, filter, 4)), [runId], JSON.stringify(filter));
      }
    }
    for (const text of [
      "x' OR GarudustClient = 'x",
      "plain' OR WorkflowId IS NOT NULL OR GarudustUser = '",
      'Plain',
      '%',
      '_',
    ]) {
      assert.deepEqual(await listAll(runs, client, { session: text }), [], text);
      assert.deepEqual(await listAll(runs, text, {}), [], text);
    }
    const entry = (text: string): string => `note=${text}`;
    for (const [text, runId] of started) {
      assert.deepEqual(ids(await listAll(runs, client, { metadata: [entry(text)] }, 4)), [runId], text);
      assert.deepEqual(ids(await listAll(runs, client, { metadata: [entry(text), 'all=yes'] }, 4)), [runId], text);
    }
    assert.equal((await listAll(runs, client, { metadata: ['all=yes'] })).length, SESSIONS.length);
    for (const wrong of [
      "note=x' OR GarudustClient = 'x",
      "all=yes' OR WorkflowId IS NOT NULL",
      'all=ye',
      'all=YES',
      'ALL=yes',
      'note=%',
    ]) {
      assert.deepEqual(await listAll(runs, client, { metadata: [wrong] }), [], wrong);
    }
    assert.deepEqual(await listAll(runs, client, { agent: 'nobody' }), []);
    assert.equal((await listAll(runs, client, { agent: 'demo', source: 'webhook' })).length, SESSIONS.length);
  });
});

test('runs are found by when they were created, and by their delivery', async (t) => {
  const { runs } = await setUpRunClient(t);
  const client = uniqueClient();
  const input = toInput({ ...PLAIN, input: { client } });
  const tasks = ['one', 'two'].map((deliveryId) => {
    const task = acceptedTask(input);
    return { ...task, memo: { ...task.memo, deliveryId } };
  });
  for (const task of tasks) {
    await runs.start(task);
    await sleep(20);
  }
  const [two, one] = await listUntil(
    () => listAll(runs, client),
    (found) => found.length === 2,
  );
  assert.ok(one?.created_at !== undefined && two?.created_at !== undefined);
  assert.deepEqual([one.delivery_id, two.delivery_id, two.summary], ['one', 'two', taskSummary(input.task.text)]);
  const found = async (filter: RunFilter): Promise<string[]> => ids(await listAll(runs, client, filter));
  assert.deepEqual(await found({ created_after: two.created_at }), [two.id]);
  assert.deepEqual(await found({ created_before: two.created_at }), [one.id]);
  assert.deepEqual(await found({ created_after: one.created_at, created_before: two.created_at }), [one.id]);
  const runIds = [one.id, "run-x' OR '1'='1"];
  const page = await runs.list({ client, filter: { delivery_id: 'one' }, runIds, limit: 10 });
  assert.deepEqual(ids(page.runs), [one.id]);
});

test('a page token that Temporal does not know is no endless wait', async (t) => {
  const { runs } = await setUpRunClient(t);
  const request = { client: uniqueClient(), filter: {}, limit: 5, pageToken: Buffer.from('garbage') };
  const began = performance.now();
  await assert.rejects(runs.list(request), { code: 'temporal_unavailable' });
  assert.ok(performance.now() - began < 8000);
});

test('a run that was reset is one row, the newest execution, and reads as that', async (t) => {
  const { runs, withWorker } = await setUpRunClient(t);
  const server = await connectToTestServer();
  const client = uniqueClient();
  const one = acceptedTask(toInput({ ...PLAIN, input: { client } }));
  const never = new AbortController().signal;
  const reset = async (): Promise<void> => {
    await server.client.workflowService.resetWorkflowExecution({
      namespace: server.namespace,
      workflowExecution: { workflowId: one.runId },
      reason: 'by the test',
      workflowTaskFinishEventId: msToTs(4000).seconds ?? null, // 4, as a Long
      requestId: randomBytes(8).toString('hex'),
    });
  };
  const statuses = (found: readonly RunResource[]): unknown[] => found.map(({ id, status }) => [id, status]);
  const activities = new ScriptedActivities({ agent: ['succeed', 'hang', 'succeed'] });
  await withWorker(activities, async () => {
    await runs.start(one);
    await runs.wait(one.runId, client, 20, never);
    await listUntil(
      () => listAll(runs, client, { callback: 'delivered' }),
      (found) => found.length === 1,
    );
    await reset();
    const open = await listUntil(
      () => listAll(runs, client, {}, 1),
      (found) => found.length === 1 && found[0]?.status === 'running',
    );
    assert.deepEqual(statuses(open), [[one.runId, 'running']]);
    assert.deepEqual(statuses(await listAll(runs, client, { status: 'completed' })), [], 'it is not completed');
    assert.equal((await runs.get(one.runId, client)).terminal, false);
    // A wait and a stream that have begun go on over a second reset, which closes what they watch.
    const waiting = runs.wait(one.runId, client, 30, never);
    const followed: string[] = [];
    const following = (async () => {
      for await (const { run } of runs.follow(one.runId, client, never)) followed.push(run.status);
    })();
    await sleep(500);
    await reset();
    assert.equal((await waiting).status, 'completed');
    await following;
    assert.equal(followed.at(-1), 'completed');
    assert.ok(!followed.includes('canceled'), followed.join(', '));
  });
  const closed = await listUntil(
    () => listAll(runs, client, {}, 1),
    (found) => found.length === 1 && found[0]?.callback.status === 'delivered',
  );
  assert.deepEqual(statuses(closed), [[one.runId, 'completed']]);
});
