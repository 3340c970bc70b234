import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { UI_QUERIES } from '../../src/runs/ui-queries.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const WAIT_MS = 10_000;
const KEY = 'the-key-of-the-worker';

test('a run that waits for an agent at fault is found by its search attribute, until the agent works', async (t) => {
  const { client } = await connectToTestServer();
  const refusing = await startFakeGarudust({ apiKey: 'another-key' });
  const stack = await startTestStack(t, {
    env: { GARUDUST_URL: refusing.url, GARUDUST_API_KEY: KEY },
    change: (config) => ({
      ...config,
      agents: config.agents.map((agent) => ({ ...agent, retryDelayAtFault: WAIT_MS })),
    }),
  });
  const waiting = async (): Promise<string[]> => {
    const query = `${UI_QUERIES.waiting.query()} AND TaskQueue = '${stack.taskQueue}'`;
    const found: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
    return found.toSorted((a, b) => a.localeCompare(b));
  };
  const until = async (ids: readonly string[]): Promise<void> => {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(200)) {
      if ((await waiting()).join() === ids.join()) return;
    }
    assert.deepEqual(await waiting(), ids);
  };
  const ids = [await stack.start({ text: 'Say one' }), await stack.start({ text: 'Say two' })].map(({ id }) => id);
  await until(ids.toSorted((a, b) => a.localeCompare(b)));

  await refusing.close();
  const working = await startFakeGarudust({ apiKey: KEY, port: refusing.port });
  t.after(() => working.close());
  for (const id of ids) assert.equal((await stack.get(id, 40)).status, 'completed');
  await until([]);

  const events = async (id: string): Promise<string[]> => {
    const { events: all = [] } = await client.workflow.getHandle(id).fetchHistory();
    return (all ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
  };
  // Once for each run, however often its agent is asked in vain.
  for (const id of ids) assert.deepEqual(await events(id), ['agentWaiting']);
  const { id: happy } = await stack.start({ text: 'Say three' });
  assert.equal((await stack.get(happy, 20)).status, 'completed');
  assert.deepEqual(await events(happy), []);
});
