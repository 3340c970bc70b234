import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTIVITY_ID } from '../../src/contract/activities.ts';
import { startCallbackReceiver } from '../../src/cli/callback-receiver.ts';
import { UI_QUERIES } from '../../src/runs/ui-queries.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

type Name = keyof typeof UI_QUERIES;

test('each query of the Temporal UI finds exactly its runs', async (t) => {
  const { client, namespace } = await connectToTestServer();
  const { start, get, cancel, taskQueue, callbackUrl } = await startTestStack(t, { receiver: { status: 503 } });
  const gone = await startCallbackReceiver({
    port: 0,
    failFirst: 0,
    status: 410,
    delayMs: 0,
    secrets: () => [SECRET],
    onCallback: () => undefined,
  });
  t.after(() => gone.close());

  const id = async (text: string, callback_url?: string): Promise<string> => {
    const run = await start({ text, ...(callback_url !== undefined && { callback_url }) });
    return run.id;
  };
  const answered = await id('Say hello');
  const failed = await id('demo: size 3MB');
  const retrying = await id('Say hello', callbackUrl);
  const failedAndRetrying = await id('demo: size 3MB', callbackUrl);
  const dead = await id('Say hello', `${gone.url}callbacks`);
  const atWork = await id('demo: sleep 60s');
  const canceled = await id('demo: sleep 60s');
  const paused = await id('demo: sleep 60s');
  const ended = await id('Say hello', callbackUrl);
  for (const runId of [canceled, paused]) while ((await get(runId)).status !== 'running') await sleep(50);
  await cancel(canceled);
  await client.workflowService.pauseActivity({
    namespace,
    execution: { workflowId: paused },
    id: ACTIVITY_ID.agent,
  });

  const list = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    const runs = client.workflow.list({ query: `${query} AND TaskQueue = '${taskQueue}'` });
    for await (const { workflowId } of runs) found.push(workflowId);
    return found.toSorted((a, b) => a.localeCompare(b));
  };
  /** The list is some tenths of a second behind. */
  const lists = async (query: string, runs: readonly string[]): Promise<void> => {
    const wanted = runs.toSorted((a, b) => a.localeCompare(b));
    for (const until = Date.now() + 20_000; Date.now() < until; await sleep(200)) {
      if ((await list(query)).join() === wanted.join()) return;
    }
    assert.deepEqual(await list(query), wanted, query);
  };
  await lists(UI_QUERIES.retrying.query(), [retrying, failedAndRetrying, ended]);
  // It keeps its mark.
  await client.workflow.getHandle(ended).terminate();

  const open = [retrying, failedAndRetrying, dead, atWork, paused];
  const expected: Readonly<Record<Name, readonly string[]>> = {
    failed: [failed],
    dead: [dead],
    retrying: [retrying, failedAndRetrying],
    waiting: [],
    unanswered: [atWork],
    paused: [paused],
    ofAgent: [],
  };
  const day = new Date(Date.now() - 60_000).toISOString().slice(0, 10);
  for (const [name, runs] of Object.entries(expected) as [Name, readonly string[]][]) {
    await lists(UI_QUERIES[name].query(day), runs);
  }
  const ofDemo = UI_QUERIES.ofAgent.query().replace("'main'", "'demo'");
  assert.deepEqual(
    await list(ofDemo),
    open.toSorted((a, b) => a.localeCompare(b)),
  );
  assert.deepEqual(await list(UI_QUERIES.failed.query('2999-01-01')), []);
  assert.equal((await client.workflow.getHandle(answered).describe()).status.name, 'COMPLETED');
  for (const runId of open) await client.workflow.getHandle(runId).terminate();
});
