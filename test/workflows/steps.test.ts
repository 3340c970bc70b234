import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AsyncCompletionClient, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { ACTIVITY_ID } from '../../src/contract/activities.ts';
import { judgeFailure } from '../../src/contract/judge-failure.ts';
import { ScriptedActivities, type Step } from '../support/scripted-activities.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const WORKFLOWS = fileURLToPath(new URL('fixtures/ask-and-tell.ts', import.meta.url));

/** Runs a team's workflow with an agent that does as it is told, and something from outside while the agent works. */
async function askAndTell(t: TestContext, agent: Step, drive: (handle: WorkflowHandle) => Promise<void>) {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const activities = new ScriptedActivities({ agent: [agent] });
  const worker = await Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    workflowsPath: WORKFLOWS,
    activities: activities.toRegister(),
    maxHeartbeatThrottleInterval: 100,
  });
  return worker.runUntil(async () => {
    const handle = await server.client.workflow.start('askAndTell', {
      workflowId: `ask-and-tell-${randomUUID()}`,
      taskQueue,
      args: ['https://ci.example.com/'],
    });
    await waitFor('the agent to be asked', () => activities.agentCalls.length === 1, 15_000);
    await drive(handle);
    const result: unknown = await handle.result().catch((error: unknown) => error);
    return { result, told: activities.deliveries.flatMap(({ outcome }) => (outcome ? [outcome] : [])) };
  });
}

describe("the steps of a team's workflow", () => {
  test('tell an answer that comes after a cancel', async (t) => {
    const { result, told } = await askAndTell(t, 'outlast', async (handle) => {
      await handle.cancel();
    });
    assert.equal(result, 'done: do it');
    assert.deepEqual(
      told.map(({ status, output }) => [status, output]),
      [['completed', 'done: do it']],
    );
  });

  test('take what an operator completes the agent with: no count that is none reaches the callback', async (t) => {
    const { result, told } = await askAndTell(t, 'hang', (handle) =>
      completeAgent(handle, { output: 'by hand', usage: { inputTokens: 'many', outputTokens: 3 }, status: 'failed' }),
    );
    assert.equal(result, 'by hand');
    assert.deepEqual([told[0]?.status, told[0]?.usage], ['completed', { outputTokens: 3 }]);
  });

  test('fail when an operator completes the agent with no answer', async (t) => {
    const { result, told } = await askAndTell(t, 'hang', (handle) => completeAgent(handle, { text: 'by hand' }));
    assert.ok(result instanceof WorkflowFailedError);
    assert.equal(judgeFailure(result.cause).error.code, 'AgentFailed');
    assert.deepEqual(told, []);
  });
});

function completeAgent({ workflowId, client }: WorkflowHandle, result: unknown): Promise<void> {
  const completions = new AsyncCompletionClient({ connection: client.connection });
  return completions.complete({ workflowId, activityId: ACTIVITY_ID.agent }, result);
}
