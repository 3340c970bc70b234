import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { checkBudget } from '../../src/agents/budget.ts';
import { type RunCaps, toBudget } from '../../src/activities/agent/run-caps.ts';
import { createRunAgent } from '../../src/activities/run-agent.ts';
import { judgeFailure } from '../../src/contract/judge-failure.ts';
import type { Usage } from '../../src/contract/run.ts';
import { failureOf, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';
import { agentInput } from '../support/run-agent-setup.ts';

/** Runs attempts one after the other, each with the heartbeat of the one before, until one is final. */
async function runCapped(caps: RunCaps, ends: readonly (Usage | 'answer')[]) {
  let calls = 0;
  const used: object[] = [];
  const runAgent = createRunAgent({
    agents: new Map([
      [
        'main',
        {
          concurrency: 1,
          caps,
          agent: {
            run: () => {
              const end = ends[calls++];
              if (end === 'answer')
                return Promise.resolve({ output: 'done', usage: { outputTokens: 5, costUsd: 0.25 } });
              const details = end === undefined ? {} : { usage: end };
              return Promise.reject(new AgentError('ConnectionLost', 'broke off', details));
            },
          },
        },
      ],
    ]),
    logger: new RecordingLogger(),
    metrics: {
      attemptEnded: () => undefined,
      permitsChanged: () => undefined,
      tokensUsed: (labels, tokens) => used.push({ ...labels, ...tokens }),
    },
  });
  let heartbeatDetails: unknown;
  for (;;) {
    const attempt = mockAttempt({ heartbeatDetails });
    const input = agentInput({}, { maxAttempts: 10 });
    const run = attempt.env.run(runAgent, input);
    const end = await run.catch(() => undefined);
    heartbeatDetails = attempt.heartbeats.at(-1);
    if (end !== undefined) return { answer: end as unknown, calls, used };
    const failure = await failureOf(run);
    if (failure.nonRetryable === true) return { failure, calls, used };
  }
}

describe('the caps of a run', () => {
  test('are checked before each call, over all attempts', async () => {
    const spends: Usage = { inputTokens: 60, outputTokens: 40, costUsd: 0.5, calls: 2 };
    const rows: readonly (readonly [RunCaps, number, RegExp])[] = [
      [{ maxTokens: 200 }, 2, /has used 200 of 200 tokens\. Raise max_tokens for this agent/],
      [{ maxTokens: 201 }, 3, /has used 300 of 201 tokens/],
      [{ maxCostUsd: 1 }, 2, /has used 1 of 1 USD\. Raise max_cost_usd/],
      [{ maxCalls: 5 }, 3, /has used 6 of 5 calls\. Raise max_calls/],
    ];
    for (const [caps, calls, message] of rows) {
      const { failure, ...end } = await runCapped(caps, [spends, spends, spends, spends]);
      assert.deepEqual([failure?.type, end.calls], ['BudgetExceeded', calls], JSON.stringify(caps));
      assert.match(failure?.message ?? '', message);
    }
  });

  test('count a paid call of an agent that reports nothing as one call', async () => {
    const { failure, calls } = await runCapped({ maxCalls: 2 }, []);
    assert.deepEqual([failure?.type, calls], ['BudgetExceeded', 2]);
  });

  test('let an answer pass whatever it cost, and tell what the run cost in all', async () => {
    const { answer, calls, used } = await runCapped({ maxCostUsd: 0.6 }, [{ inputTokens: 7, costUsd: 0.5 }, 'answer']);
    assert.deepEqual(
      [answer, calls],
      [{ output: 'done', usage: { inputTokens: 7, outputTokens: 5, costUsd: 0.75 } }, 2],
    );
    const who = { client: 'acme', agent: 'main' };
    assert.deepEqual(used, [
      { ...who, input: 7, costUsd: 0.5 },
      { ...who, output: 5, costUsd: 0.25 },
    ]);
  });

  test('leave what a failed run cost to its caller', async () => {
    const { failure } = await runCapped({ maxCostUsd: 0.4 }, [{ inputTokens: 7, costUsd: 0.5 }]);
    assert.deepEqual(judgeFailure(failure).usage, { inputTokens: 7, costUsd: 0.5 });
  });

  test('are none by default', () => {
    checkBudget(toBudget({}, { inputTokens: 1e9, costUsd: 1e6, calls: 1e6 }, 100), { inputTokens: 1e9 });
  });

  test('hold within one call of an agent with a loop of its own, together with what earlier calls used', async () => {
    const usage = { inputTokens: 30, outputTokens: 10, calls: 1 };
    let modelCalls = 0;
    const run: Agent['run'] = (_, { budget, call }) => {
      for (let inputTokens = 0; ; inputTokens += 40) {
        if (inputTokens > 0) checkBudget(budget, { inputTokens, calls: inputTokens / 40 });
        modelCalls += 1;
        if (call === 1) return Promise.reject(new AgentError('ConnectionLost', 'broke off', { usage }));
      }
    };
    const agent = { concurrency: 1, caps: { maxTokens: 110 }, agent: { run } };
    const runAgent = createRunAgent({ agents: new Map([['main', agent]]), logger: new RecordingLogger() });
    const first = mockAttempt({});
    await failureOf(first.env.run(runAgent, agentInput({}, {})));
    const second = mockAttempt({ heartbeatDetails: first.heartbeats.at(-1) });
    const failure = await failureOf(second.env.run(runAgent, agentInput({}, {})));
    assert.deepEqual([failure.type, failure.nonRetryable, modelCalls], ['BudgetExceeded', true, 3]);
    assert.match(failure.message, /has used 120 of 110 tokens\. Raise max_tokens/);
    assert.deepEqual(judgeFailure(failure).usage, { inputTokens: 110, outputTokens: 10, calls: 3 });
  });
});
