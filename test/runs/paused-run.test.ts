import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunFilter } from '../../src/protocol/run-list.ts';
import type { Scenario } from '../replay/scenarios.ts';
import { createAgentWorker, runInBackground } from '../support/agent-worker.ts';
import { working } from '../support/run-agent-setup.ts';
import { setUpRunClient } from '../support/run-client-setup.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const AGENT_CALLS_AT_ONCE = 4;

describe('an open run tells what its agent does', () => {
  test('queued, running, paused and running again', async (t) => {
    const server = await connectToTestServer();
    const { namespace } = server;
    const { runs, task, taskQueue } = await setUpRunClient(t);
    const client = taskQueue;
    const plain: Scenario = {
      closes: 'CANCELED',
      reads: { status: 'canceled', callback: 'none' },
      input: { client, agent: 'main' },
    };
    const connection = await server.connectNative();
    const tasks = Array.from({ length: AGENT_CALLS_AT_ONCE + 1 }, () => task(plain));
    for (const each of tasks) await runs.start(each);
    const reads = async (): Promise<string[]> =>
      Promise.all(tasks.map(async ({ runId }) => (await runs.get(runId, client)).status));
    const listed = async (filter: RunFilter = {}): Promise<string[]> =>
      (await runs.list({ client, filter, limit: 10 })).runs.map(({ id, status }) => `${id} ${status}`);
    assert.deepEqual(new Set(await reads()), new Set(['queued']));

    runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue, run: working }));
    const atWork = [...Array.from({ length: AGENT_CALLS_AT_ONCE }, () => 'running'), 'queued'].toSorted();
    await until('one waits for a permit', async () => String((await reads()).toSorted()) === String(atWork));

    const { runId } = tasks[(await reads()).indexOf('running')] ?? assert.fail();
    const target = { namespace, execution: { workflowId: runId }, id: 'agent' };
    await server.client.workflowService.pauseActivity(target);
    const pausedRow = `${runId} paused`;
    await until('it reads paused', async () => (await runs.get(runId, client)).status === 'paused');
    await until('the list says so', async () => (await listed()).includes(pausedRow));
    assert.deepEqual(await listed({ status: 'paused' }), [pausedRow]);
    assert.equal((await listed({ status: 'running' })).length, AGENT_CALLS_AT_ONCE);
    await until('why', async () => /operator's pause/.test((await runs.get(runId, client)).agent?.last_error ?? ''));

    await server.client.workflowService.unpauseActivity(target);
    await until('it goes on', async () => (await runs.get(runId, client)).status !== 'paused');
    await until('the list says so', async () => !(await listed()).includes(pausedRow));
    for (const each of tasks) await server.client.workflow.getHandle(each.runId).terminate('the test ends');
  });
});

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await sleep(100);
  }
}
