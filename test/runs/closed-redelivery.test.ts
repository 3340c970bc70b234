import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { redeliveryIdOf } from '../../src/contract/run-id-form.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import type { RunClient } from '../../src/runs/run-client.ts';
import type { RunFilter } from '../../src/protocol/run-list.ts';
import { type Scenario, toInput } from '../replay/scenarios.ts';
import { setUpRunClient } from '../support/run-client-setup.ts';
import { acceptedTask } from '../support/run-scenario.ts';
import { ScriptedActivities, type Step } from '../support/scripted-activities.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const never = new AbortController().signal;
const REFUSED = { retry: 'CallbackFailed', statusCode: 503 } as const;

/** A run of a client of its own, whose callback was delivered; the further steps are those of redeliveries. */
function deliveredOnce(...again: readonly Step[]): { scenario: Scenario; client: string } {
  const client = `client-${randomBytes(5).toString('hex')}`;
  const scenario: Scenario = {
    callback: ['succeed', ...again],
    target: { retryDelaysMs: [10, 10] },
    input: { client },
    closes: 'COMPLETED',
    reads: { status: 'completed', callback: 'delivered' },
  };
  return { scenario, client };
}

async function untilClosed(workflowId: string): Promise<void> {
  const { client } = await connectToTestServer();
  await client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
}

async function list(runs: RunClient, client: string, filter: RunFilter = {}): Promise<RunResource[]> {
  const { runs: found } = await runs.list({ client, filter, limit: 100 });
  return found.map((run) => runResource.parse(run));
}

/** Temporal's list is a little behind. */
async function listed(runs: RunClient, client: string, filter: RunFilter, wanted: number): Promise<RunResource[]> {
  let found: RunResource[] = [];
  await waitFor('the list', async () => {
    found = await list(runs, client, filter);
    return found.length === wanted;
  });
  return found;
}

describe('a delivered callback', () => {
  test('is sent again with the same id and body, and the run reads delivered again', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    const { runId } = one;
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      await untilClosed(runId);
      const before = await runs.get(runId, client);
      const { run, unchanged } = await runs.redeliver(runId, client);
      assert.deepEqual([run.status, unchanged], ['completed', false]);
      await untilClosed(redeliveryIdOf(runId));
      const after = runResource.parse(await runs.get(runId, client));
      assert.deepEqual([after.callback.status, after.callback.attempts], ['delivered', 2]);
      assert.ok((after.callback.delivered_at ?? '') > (before.callback.delivered_at ?? ''));
      assert.deepEqual({ ...after, callback: 0 }, { ...before, callback: 0 });
    });
    const [first, second] = activities.deliveries;
    assert.deepEqual(second, first);
    assert.equal(second?.deliveryId, runId);
    assert.equal(second?.outcome?.output, 'done: Summarise why deployment 4312 failed');
    assert.equal(activities.agentCalls.length, 1);
    assert.equal(activities.deliveries.length, 2);
  });

  test('reads retrying from the 202 on, before a worker has it; then goes to another address', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      await untilClosed(one.runId);
    });
    const { run } = await runs.redeliver(one.runId, client, 'https://other.example.com/hooks?token=hidden');
    assert.deepEqual([run.status, run.callback.status], ['completed', 'retrying']);
    await withWorker(activities, () => untilClosed(redeliveryIdOf(one.runId)));
    const { callback } = await runs.get(one.runId, client);
    assert.deepEqual([callback.status, callback.url], ['delivered', 'https://other.example.com/hooks?…']);
    assert.equal(activities.deliveries[1]?.url, 'https://other.example.com/hooks?token=hidden');
  });

  test('asked for twice at once is one redelivery under way, and one workflow', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce('slow', 'slow');
    const one = acceptedTask(toInput(scenario));
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      await untilClosed(one.runId);
    });
    await Promise.all([runs.redeliver(one.runId, client), runs.redeliver(one.runId, client)]);
    await withWorker(activities, () => untilClosed(redeliveryIdOf(one.runId)));
    assert.equal(activities.deliveries.length, 2);
    const { client: temporal } = await connectToTestServer();
    const description = await temporal.workflow.getHandle(redeliveryIdOf(one.runId)).describe();
    assert.equal(description.memo?.['number'], 1);
    assert.equal(description.memo?.['runId'], one.runId);
  });

  test('that nobody takes this time is dead, can be sent again, and is counted', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce(REFUSED, REFUSED, { fail: 'CallbackFailed', statusCode: 503 });
    const one = acceptedTask(toInput(scenario));
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      await untilClosed(one.runId);
      await runs.redeliver(one.runId, client);
      await untilClosed(redeliveryIdOf(one.runId));
      const dead = await runs.get(one.runId, client);
      assert.deepEqual([dead.status, dead.callback.status], ['completed', 'dead']);
      assert.deepEqual([dead.callback.last_status_code, dead.callback.last_error], [503, 'scripted CallbackFailed']);
      const found = await listed(runs, client, { callback: 'dead' }, 1);
      assert.deepEqual(
        found.map(({ id, status, callback }) => [id, status, callback.status]),
        [[one.runId, 'completed', 'dead']],
      );
      assert.deepEqual(await list(runs, client, { callback: 'delivered' }), []);

      assert.equal((await runs.redeliver(one.runId, client)).unchanged, false);
      await untilClosed(redeliveryIdOf(one.runId));
      assert.equal((await runs.get(one.runId, client)).callback.status, 'delivered');
      await listed(runs, client, { callback: 'dead' }, 0);
    });
    const delivered = await listed(runs, client, { callback: 'delivered' }, 1);
    assert.equal(delivered[0]?.id, one.runId);
    const all = await listed(runs, client, {}, 1);
    assert.deepEqual([all[0]?.id, all[0]?.callback.status], [one.runId, 'delivered']);
    const { client: temporal } = await connectToTestServer();
    const description = await temporal.workflow.getHandle(redeliveryIdOf(one.runId)).describe();
    assert.equal(description.memo?.['number'], 2);
  });

  test('is one row of the list while it is sent again: by no filter, and by retrying alone', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    await withWorker(new ScriptedActivities(scenario), async () => {
      await runs.start(one);
      await untilClosed(one.runId);
    });
    await runs.redeliver(one.runId, client);
    const retrying = await listed(runs, client, { callback: 'retrying' }, 1);
    assert.deepEqual([retrying[0]?.id, retrying[0]?.callback.status], [one.runId, 'retrying']);
    for (const filter of [{}, { status: 'completed' }, { callback: 'retrying', status: 'completed' }] as const) {
      const found = await list(runs, client, filter);
      assert.deepEqual(
        found.map(({ id, callback }) => [id, callback.status]),
        [[one.runId, 'retrying']],
        JSON.stringify(filter),
      );
    }
    for (const filter of [{ callback: 'delivered' }, { callback: 'none' }, { status: 'running' }] as const) {
      assert.deepEqual(await list(runs, client, filter), [], JSON.stringify(filter));
    }
    const { client: temporal } = await connectToTestServer();
    await temporal.workflow.getHandle(redeliveryIdOf(one.runId)).terminate('by the test');
    const { callback } = await runs.get(one.runId, client);
    assert.deepEqual([callback.status, callback.last_error], ['dead', 'The delivery ended with its run.']);
    assert.equal((await listed(runs, client, { callback: 'dead' }, 1))[0]?.id, one.runId);
  });

  test('is followed while it is sent again', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    const activities = new ScriptedActivities(scenario);
    await withWorker(activities, async () => {
      await runs.start(one);
      await untilClosed(one.runId);
    });
    await runs.redeliver(one.runId, client);
    const states: string[] = [];
    await withWorker(activities, async () => {
      for await (const { run } of runs.follow(one.runId, client, never)) states.push(run.callback.status);
    });
    assert.deepEqual([states[0], states.at(-1)], ['retrying', 'delivered']);
  });
});

test('a run without a callback has nothing to send again', async (t) => {
  const { runs, withWorker } = await setUpRunClient(t);
  const scenario: Scenario = { target: 'none', closes: 'COMPLETED', reads: { status: 'completed', callback: 'none' } };
  const one = acceptedTask(toInput(scenario));
  await withWorker(new ScriptedActivities(scenario), async () => {
    await runs.start(one);
    await untilClosed(one.runId);
  });
  const { run, unchanged } = await runs.redeliver(one.runId, 'ci');
  assert.deepEqual([run.callback.status, unchanged], ['none', true]);
});

describe('deleting a run', () => {
  test('leaves nothing of it: no execution, no redelivery, and its delivery id is as good as new', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    const activities = new ScriptedActivities(scenario);
    const { client: temporal } = await connectToTestServer();
    await withWorker(activities, async () => {
      await runs.start(one);
      await assert.rejects(runs.delete(one.runId, client), isProblem('run_open'));
      await untilClosed(one.runId);
      await runs.redeliver(one.runId, client);
      await untilClosed(redeliveryIdOf(one.runId));
      // A reset leaves an execution behind, of which the list alone knows.
      await temporal.workflowService.resetWorkflowExecution({
        ...{ namespace: 'default', requestId: randomBytes(8).toString('hex'), reason: 'by the test' },
        workflowExecution: { workflowId: one.runId },
        workflowTaskFinishEventId: (await firstWorkflowTask(one.runId)) as never,
      });
      await untilClosed(one.runId);
    });
    const inStore = async (): Promise<number> => {
      const query = `WorkflowId IN ('${one.runId}', '${redeliveryIdOf(one.runId)}')`;
      return (await temporal.workflow.count(query)).count;
    };
    await waitFor('the list', async () => (await inStore()) === 3);
    await assert.rejects(runs.delete(one.runId, 'somebody-else'), isProblem('not_found'));
    await runs.delete(one.runId, client);
    // Temporal deletes in the background, and what has just closed up to half a minute later; a repeat is no fault meanwhile.
    const isGone = (): Promise<boolean> => runs.delete(one.runId, client).then(() => false, isProblem('not_found'));
    await waitFor('the deletion', isGone, 60_000);
    await assert.rejects(runs.get(one.runId, client), isProblem('not_found'));
    await assert.rejects(runs.delete(one.runId, client), isProblem('not_found'));
    await waitFor('an empty store', async () => (await inStore()) === 0);
    assert.deepEqual(await list(runs, client), []);
    assert.equal((await runs.start(one)).unchanged, false);
    await temporal.workflow.getHandle(one.runId).terminate('by the test');
  });

  test('waits for a redelivery that is under way', async (t) => {
    const { runs, withWorker } = await setUpRunClient(t);
    const { scenario, client } = deliveredOnce();
    const one = acceptedTask(toInput(scenario));
    await withWorker(new ScriptedActivities(scenario), async () => {
      await runs.start(one);
      await untilClosed(one.runId);
    });
    await runs.redeliver(one.runId, client);
    await assert.rejects(runs.delete(one.runId, client), isProblem('run_open'));
    const { client: temporal } = await connectToTestServer();
    await temporal.workflow.getHandle(redeliveryIdOf(one.runId)).terminate('by the test');
    await runs.delete(one.runId, client);
  });
});

function isProblem(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ProblemError && error.code === code;
}

async function firstWorkflowTask(workflowId: string): Promise<unknown> {
  const { client } = await connectToTestServer();
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return events?.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes)?.eventId;
}
