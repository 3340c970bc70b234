import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { AsyncCompletionClient, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ACTIVITY_ID } from '../../src/contract/activities.ts';
import { judgeFailure } from '../../src/contract/judge-failure.ts';
import { runSteps } from '../support/run-steps.ts';
import type { Step } from '../support/scripted-activities.ts';
import { waitFor } from '../support/wait-for.ts';

/** Runs `askAndTell`, and something from outside while the agent works. */
function askAndTell(t: TestContext, agent: Step, drive: (handle: WorkflowHandle) => Promise<void>) {
  return runSteps(t, { agent: [agent] }, async ({ start, activities }) => {
    const handle = await start('askAndTell', ['https://ci.example.com/']);
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

  test('fail with a type that names the step, instead of a workflow task that is tried for ever', async (t) => {
    await runSteps(t, {}, async ({ start, activities }) => {
      for (const step of ['judge', 'callback']) {
        const handle = await start('tooLarge', [step]);
        const result: unknown = await handle.result().catch((error: unknown) => error);
        assert.ok(result instanceof WorkflowFailedError && result.cause instanceof ApplicationFailure);
        assert.equal(result.cause.type, 'StepTooLarge');
        const asked = new RegExp(
          `^Step "${step}" has an input of \\d{7} bytes as JSON, and Temporal takes 2031616\\. Shorten`,
        );
        assert.match(result.cause.message, asked);
      }
      assert.deepEqual([activities.agentCalls, activities.deliveries], [[], []]);
    });
  });

  test('wait for the next workflow task where one cannot schedule them all', async (t) => {
    await runSteps(t, {}, async ({ start }) => {
      const handle = await start('fanOut', [5, 1_900_000]);
      assert.equal(await handle.result(), 5);
    });
  });

  test('refuse a field of a task that they do not know, misspelt or not', async (t) => {
    await runSteps(t, {}, async ({ start }) => {
      for (const [field, told] of [
        ['session_key', /^task\.session_key is not a known field: write sessionKey\.$/],
        ['zone', /^task\.zone is not a known field: use text, sessionKey, userId, userName, metadata\.$/],
      ] as const) {
        const handle = await start('asked', [{ text: 'x', [field]: 'y' }]);
        const result: unknown = await handle.result().catch((error: unknown) => error);
        assert.ok(result instanceof WorkflowFailedError && result.cause instanceof ApplicationFailure);
        assert.equal(result.cause.type, 'InvalidInput');
        assert.match(result.cause.message, told);
      }
    });
  });

  test('leave the policy to the agent, and show the id of a step in its summary', async (t) => {
    await runSteps(t, {}, async ({ start, activities }) => {
      const handle = await start('asked', [{ text: 'Judge\nall of it' }]);
      await handle.result();
      assert.deepEqual(activities.agentCalls, [
        { agent: 'demo', client: 'default', task: { text: 'Judge\nall of it' } },
      ]);
      const { events } = await handle.fetchHistory();
      const scheduled = events?.find((event) => event.activityTaskScheduledEventAttributes);
      const { data } = scheduled?.userMetadata?.summary ?? {};
      assert.equal(Buffer.from(data ?? '').toString(), '"judge: Judge"');
    });
  });
});

function completeAgent({ workflowId, client }: WorkflowHandle, result: unknown): Promise<void> {
  const completions = new AsyncCompletionClient({ connection: client.connection });
  return completions.complete({ workflowId, activityId: ACTIVITY_ID.agent }, result);
}
