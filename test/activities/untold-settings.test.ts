import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentContext } from '../../src/agents/agent.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { agentInput, delayOf, failing, setUpRunAgent, working } from '../support/run-agent-setup.ts';

describe('what a task leaves to its worker, runAgent', () => {
  test('gives a task without a key a conversation of its own, which retries go on with', async () => {
    const keys: string[] = [];
    const { start } = setUpRunAgent((_, { sessionKey }) => {
      keys.push(sessionKey);
      return Promise.resolve({ output: '' });
    });
    await start(mockAttempt({ workflowType: 'agentRun' }));
    for (const activityId of ['draft', 'draft', 'judge']) await start(mockAttempt({ activityId, attempt: 2 }));
    assert.deepEqual(keys, [
      'run-mock',
      'run-mock/draft/executio',
      'run-mock/draft/executio',
      'run-mock/judge/executio',
    ]);
  });

  test('completes a policy that is missing, or a part of one, by the one of the agent', async () => {
    const contexts: AgentContext[] = [];
    const { start } = setUpRunAgent((_, context) => {
      contexts.push(context);
      return Promise.resolve({ output: '' });
    });
    const { policy: _, ...without } = agentInput();
    await start(mockAttempt(), without);
    await start(mockAttempt(), { ...without, policy: { attemptTimeoutMs: 7000 } });
    assert.deepEqual(
      contexts.map(({ timeoutMs, maxAnswerBytes }) => [timeoutMs, maxAnswerBytes]),
      [
        [600_000, 1_048_576],
        [7000, 1_048_576],
      ],
    );
  });

  test("keeps to the agent's own total timeout where the caller told Temporal none", async () => {
    const { policy: _, ...without } = agentInput();
    const times = {
      scheduledTimestampMs: 1,
      currentAttemptScheduledTimestampMs: 3_599_000,
      scheduleToCloseTimeoutMs: 0,
    };
    const { start } = setUpRunAgent(failing('AgentFailed'));
    const failure = await failureOf(start(mockAttempt(times), without));
    assert.match(failure.message, /total timeout/);
    assert.equal(delayOf(failure), 'never');
  });

  test(
    'ends a call with the timeout that the code of a workflow set for its attempt, and says so',
    { timeout: 10_000 },
    async () => {
      const { start } = setUpRunAgent(working);
      const failure = await failureOf(start(mockAttempt({ startToCloseTimeoutMs: 300 })));
      assert.deepEqual([failure.type, delayOf(failure)], ['AgentTimeout', 5000]);
      assert.equal(
        failure.message,
        'Agent "main" did not answer within 0.3 s. The activity\'s startToCloseTimeout of 0.3 s ended the call: raise it, or leave it out.',
      );
    },
  );
});
