import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentError } from '../../src/agents/agent.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { agentInput, failing, setUpRunAgent, working } from '../support/run-agent-setup.ts';
import { waitFor } from '../support/wait-for.ts';

/** Which call each attempt makes. */
function setUpCounting() {
  const calls: number[] = [];
  const set = setUpRunAgent((_, { call }) => {
    calls.push(call);
    return Promise.resolve({ output: 'done' });
  });
  return { ...set, calls };
}

describe('an attempt that left no heartbeat', () => {
  test('was lost with its worker, and counts as a paid call', async () => {
    const { start, calls } = setUpCounting();
    await start(mockAttempt({ attempt: 1 }));
    const second = mockAttempt({ attempt: 2 });
    await start(second);
    await start(mockAttempt({ attempt: 3 }));
    assert.deepEqual(calls, [1, 2, 3]);
    assert.deepEqual(second.heartbeats, [], 'it is lost as silently as the first one');
  });

  test('uses up the last call that is permitted', async () => {
    const { start, calls } = setUpCounting();
    for (const [attempt, maxAttempts] of [
      [2, 1],
      [4, 3],
    ] as const) {
      const failure = await failureOf(start(mockAttempt({ attempt }), agentInput({}, { maxAttempts })));
      assert.deepEqual([failure.type, failure.nonRetryable], ['WorkerCrashed', true]);
    }
    assert.deepEqual(calls, []);
  });

  test('says nothing where there are no heartbeats', async () => {
    const { start, calls } = setUpCounting();
    await start(mockAttempt({ attempt: 3, heartbeatTimeoutMs: 0 }));
    assert.deepEqual(calls, [1]);
  });

  test('or where an earlier one left details', async () => {
    const { start, calls } = setUpCounting();
    await start(mockAttempt({ attempt: 7, heartbeatDetails: { paidAttempts: 0, agentFaults: 6 } }));
    assert.deepEqual(calls, [1]);
  });
});

describe('the first heartbeat of a call', () => {
  test('comes by itself after a third of the timeout, with what the call counts', async () => {
    const { start } = setUpRunAgent(working);
    const attempt = mockAttempt({ heartbeatTimeoutMs: 300 });
    const run = start(attempt);
    await waitFor('a heartbeat', () => attempt.heartbeats.length > 0);
    assert.deepEqual(attempt.heartbeats[0], { paidAttempts: 1, maxAttempts: 3, agentFaults: 0 });
    attempt.env.cancel();
    await assert.rejects(run);
  });

  test('comes before the call where the details of earlier attempts say less', async () => {
    const attempt = mockAttempt({ attempt: 2, heartbeatDetails: { paidAttempts: 0, agentFaults: 1 } });
    const before: unknown[] = [];
    const { start } = setUpRunAgent(() => {
      before.push(...attempt.heartbeats);
      return Promise.resolve({ output: 'done' });
    });
    await start(attempt);
    assert.deepEqual(before, [{ paidAttempts: 1, maxAttempts: 3, agentFaults: 1 }]);
  });
});

describe('an attempt that cost nothing leaves details, so that it is not taken for one that was lost', () => {
  for (const type of ['RateLimited', 'AgentUnreachable', 'AgentKeyRefused'] as const) {
    test(`refused by the agent: ${type}`, async () => {
      const { start } = setUpRunAgent(failing(type));
      const attempt = mockAttempt();
      await failureOf(start(attempt));
      assert.equal((attempt.heartbeats.at(-1) as { paidAttempts: number }).paidAttempts, 0);
    });
  }

  test('not made, because the agent is left alone for a while', async () => {
    const { start } = setUpRunAgent(() =>
      Promise.reject(new AgentError('RateLimited', 'asked for a pause (429)', { retryAfterMs: 9_000 })),
    );
    await failureOf(start(mockAttempt()));
    const attempt = mockAttempt();
    await failureOf(start(attempt));
    assert.deepEqual(attempt.heartbeats, [{ paidAttempts: 0, maxAttempts: 3, agentFaults: 0 }]);
  });

  test('a second attempt tells what the first one cost, which was lost', async () => {
    const { start } = setUpRunAgent(failing('AgentKeyRefused'));
    const attempt = mockAttempt({ attempt: 2 });
    await failureOf(start(attempt));
    assert.equal((attempt.heartbeats.at(-1) as { paidAttempts: number }).paidAttempts, 1);
  });
});
