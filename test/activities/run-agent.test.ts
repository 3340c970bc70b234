import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentContext, AgentError } from '../../src/agents/agent.ts';
import type { AgentProgress, RunAgentInput } from '../../src/contract/activities.ts';
import type { FailureType } from '../../src/contract/failures.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { agentInput, delayOf, failing, setUpRunAgent, working } from '../support/run-agent-setup.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'raw words of the agent';

describe('runAgent', () => {
  test('gives the answer with its usage, and costs Temporal nothing beside it', async () => {
    const attempt = mockAttempt();
    const { start, outcomes, tokens } = setUpRunAgent((_, { report }) => {
      report('the agent has the task');
      return Promise.resolve({ output: 'done', usage: { inputTokens: 3, outputTokens: NaN, iterations: -1 } });
    });
    assert.deepEqual(await start(attempt), { output: 'done', usage: { inputTokens: 3 } });
    assert.deepEqual(attempt.heartbeats, []);
    assert.deepEqual(outcomes, ['answered']);
    assert.deepEqual(tokens, [{ client: 'acme', agent: 'main', input: 3 }]);
  });

  test('shows the first line of a call with the first regular heartbeat, and all others at once', async () => {
    const quiet = mockAttempt({ heartbeatTimeoutMs: 300 });
    const one = setUpRunAgent(async (_, { report }) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      report('the agent has the task');
      assert.deepEqual(quiet.heartbeats, []);
      await waitFor('a heartbeat', () => quiet.heartbeats.length > 0);
      return { output: 'done' };
    });
    await one.start(quiet);
    assert.equal((quiet.heartbeats[0] as AgentProgress).progress, 'the agent has the task');

    const told = mockAttempt();
    const other = setUpRunAgent(async (_, { report }) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      report('the agent has the task');
      report('step 2');
      return { output: 'done' };
    });
    await other.start(told);
    assert.equal((told.heartbeats[0] as AgentProgress).progress, 'step 2');
  });

  test('passes the adapter the session, the call, the user, the metadata and the limits', async () => {
    const contexts: AgentContext[] = [];
    const { start } = setUpRunAgent((_, context) => {
      contexts.push(context);
      return Promise.resolve({ output: '' });
    });
    const metadata = { repository: 'acme/site' };
    const task = { text: 'do it', sessionKey: 'deploy', userId: 'u1', userName: 'Una', metadata };
    await start(mockAttempt({ heartbeatDetails: { paidAttempts: 1, agentFaults: 4 } }), agentInput({ task }));
    await start(mockAttempt(), agentInput({ task: { text: 'do it' } }));
    const [first, second] = contexts;
    const { sessionKey, call, userId, userName, timeoutMs, maxAnswerBytes, runId } = first ?? assert.fail();
    assert.deepEqual(
      { sessionKey, call, userId, userName, timeoutMs, maxAnswerBytes, runId },
      {
        sessionKey: 'acme:deploy',
        call: 2,
        userId: 'u1',
        userName: 'Una',
        timeoutMs: 600_000,
        maxAnswerBytes: 1000,
        runId: 'run-mock',
      },
    );
    assert.deepEqual([first?.metadata, second?.metadata], [metadata, undefined]);
    assert.equal(second?.sessionKey, 'run-mock/agent/executio');
  });

  test('makes an answer well formed', async () => {
    const { start } = setUpRunAgent(() => Promise.resolve({ output: 'a\u0000b\ud800c' }));
    assert.deepEqual(await start(mockAttempt()), { output: 'a\ufffdb\ufffdc' });
  });

  test('repeats the progress that the agent reports, as one clean line', async () => {
    const attempt = mockAttempt({ heartbeatTimeoutMs: 300 });
    let finish: (answer: AgentAnswer) => void = () => undefined;
    const { start } = setUpRunAgent((_, { report }) => {
      report(`reading\n\u0007 the ${'x'.repeat(500)}`);
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const run = start(attempt);
    const told = (): number =>
      attempt.heartbeats.filter((details) => /"progress"/.test(JSON.stringify(details))).length;
    await waitFor('the progress, twice', () => told() >= 2);
    finish({ output: '' });
    await run;
    const { progress } = attempt.heartbeats.at(-1) as { progress: string };
    assert.match(progress, /^reading the x+$/);
    assert.ok(progress.length <= 200);
    const sent = attempt.heartbeats.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(attempt.heartbeats.length, sent, 'no heartbeat after the end');
  });

  describe('fails', () => {
    const ROWS: readonly [FailureType, ConstructorParameters<typeof AgentError>[2], unknown, object][] = [
      ['TaskRefused', { statusCode: 422 }, 'never', { statusCode: 422, paidAttempts: 1, maxAttempts: 3 }],
      ['AnswerTooLarge', {}, 'never', { paidAttempts: 1, maxAttempts: 3 }],
      ['TokenBudgetExceeded', { statusCode: 200 }, 'never', { statusCode: 200, paidAttempts: 1, maxAttempts: 3 }],
      ['ConnectionLost', {}, 250, { paidAttempts: 1, maxAttempts: 3 }],
      [
        'ModelRateLimited',
        { statusCode: 500, retryAfterMs: 60_000 },
        60_000,
        { statusCode: 500, paidAttempts: 1, maxAttempts: 3 },
      ],
      [
        'RateLimited',
        { statusCode: 429, retryAfterMs: 60_000 },
        60_000,
        { statusCode: 429, paidAttempts: 0, maxAttempts: 3 },
      ],
      ['AgentUnreachable', {}, 250, { paidAttempts: 0, maxAttempts: 3 }],
      ['AgentKeyRefused', { statusCode: 401 }, 60_000, { statusCode: 401, paidAttempts: 0, maxAttempts: 3 }],
      ['AgentBudgetExhausted', { statusCode: 500 }, 60_000, { statusCode: 500, paidAttempts: 0, maxAttempts: 3 }],
    ];
    for (const [type, details, delay, wanted] of ROWS) {
      test(`with ${type}: ${delay === 'never' ? 'for good' : `retries after ${String(delay)} ms`}`, async () => {
        const { start, outcomes } = setUpRunAgent(failing(type, details));
        const failure = await failureOf(start(mockAttempt()));
        assert.equal(failure.type, type);
        assert.equal(typeof delay === 'number' ? roundUp(delayOf(failure)) : delayOf(failure), delay);
        assert.deepEqual(failure.details, [wanted]);
        assert.match(failure.message, /^Agent "main" did something\. [A-Z]/);
        assert.equal(failure.cause, undefined);
        assert.equal(failure.category, delay === 'never' ? undefined : 'BENIGN');
        assert.deepEqual(outcomes, [type]);
      });
    }

    test('and waits as long as the settings of this agent say', async () => {
      const delays = { retryDelay: 700, retryDelayAtFault: 90_000, retryDelayUnreachable: 300 };
      for (const [type, delay] of [
        ['ModelUnavailable', 700],
        ['ConnectionLost', 300],
        ['AgentKeyRefused', 90_000],
        ['AgentUnreachable', 300],
      ] as const) {
        const { start } = setUpRunAgent(failing(type), 4, delays);
        assert.equal(roundUp(delayOf(await failureOf(start(mockAttempt())))), delay, type);
      }
    });

    test('for good after the last paid call, and says so', async () => {
      const { start } = setUpRunAgent(failing('ConnectionLost'));
      const attempt = mockAttempt({ heartbeatDetails: { paidAttempts: 2, maxAttempts: 3, agentFaults: 1 } });
      const failure = await failureOf(start(attempt));
      assert.equal(delayOf(failure), 'never');
      assert.match(failure.message, /All 3 calls are used\. /);
      assert.deepEqual(failure.details, [{ paidAttempts: 3, maxAttempts: 3 }]);
    });

    test('with the fix of this failure before that of its type', async () => {
      const { start } = setUpRunAgent(failing('AgentTimeout', { fix: 'Raise the timeout of the proxy.' }));
      const { message } = await failureOf(start(mockAttempt()));
      assert.match(message, /Raise the timeout of the proxy\.$/);
      assert.doesNotMatch(message, /attempt_timeout/);
    });

    test("with a fault of the agent's: takes the unpaid call back for the next attempt", async () => {
      const { start } = setUpRunAgent(failing('AgentKeyRefused'));
      const attempt = mockAttempt({ heartbeatDetails: { paidAttempts: 2, maxAttempts: 3, agentFaults: 2 } });
      assert.equal(roundUp(delayOf(await failureOf(start(attempt)))), 60_000);
      const { ended, ...counts } = attempt.heartbeats.at(-1) as AgentProgress;
      assert.deepEqual(counts, { paidAttempts: 2, maxAttempts: 3, agentFaults: 3 });
      assert.match(ended ?? '', /^[0-9a-f]{8}$/);
    });

    test('and lets no other run ask while the agent takes no tasks, unpaid and with the same reason', async () => {
      let calls = 0;
      const { start, outcomes } = setUpRunAgent(() => {
        calls += 1;
        return Promise.reject(
          new AgentError('RateLimited', 'asked for a pause (429)', { statusCode: 429, retryAfterMs: 9_000 }),
        );
      });
      await failureOf(start(mockAttempt()));
      const other = mockAttempt({ activityId: 'other', heartbeatDetails: { paidAttempts: 1, queuedAtMs: 5 } });
      const failure = await failureOf(start(other));
      assert.equal(failure.type, 'RateLimited');
      assert.match(failure.message, /^Agent "main" asked for a pause \(429\); all its tasks wait\. /);
      assert.deepEqual(failure.details, [{ statusCode: 429, paidAttempts: 1, maxAttempts: 3 }]);
      const delay = Number(delayOf(failure));
      assert.ok(delay > 8_000 && delay < 12_000, String(delay));
      // A pause does not count for queue_timeout.
      assert.deepEqual(other.heartbeats.at(-1), { paidAttempts: 1, maxAttempts: 3, agentFaults: 0 });
      assert.deepEqual([calls, outcomes], [1, ['RateLimited']]);
    });

    for (const [what, retryAfterMs, asked] of [
      ['keeps a pause that fits into its total time, however short that is', 9_000, 1],
      ['asks once more in a pause that outlasts it', 3_600_000, 2],
    ] as const) {
      test(`and a run ${what}`, async () => {
        let calls = 0;
        const { start } = setUpRunAgent(() => {
          calls += 1;
          return Promise.reject(new AgentError('RateLimited', 'asked for a pause (429)', { retryAfterMs }));
        });
        await failureOf(start(mockAttempt()));
        const failure = await failureOf(start(mockAttempt({ activityId: 'other', scheduleToCloseTimeoutMs: 60_000 })));
        assert.equal(failure.type, 'RateLimited');
        assert.equal(calls, asked);
      });
    }

    test('for good when the total time does not allow another attempt, with the real type', async () => {
      const { start } = setUpRunAgent(failing('AgentKeyRefused'));
      const failure = await failureOf(start(mockAttempt({ scheduleToCloseTimeoutMs: 100_000 })));
      assert.equal(failure.type, 'AgentKeyRefused');
      assert.equal(delayOf(failure), 'never');
      assert.match(failure.message, /The total timeout has expired\./);
    });

    test('counts the time before this attempt, by the clock of the server', async () => {
      const { start } = setUpRunAgent(failing('ConnectionLost'));
      const times = { scheduledTimestampMs: 1_000_000, currentAttemptScheduledTimestampMs: 1_000_000 + 3_595_000 };
      const failure = await failureOf(start(mockAttempt(times)));
      assert.deepEqual([failure.type, delayOf(failure)], ['AgentTimeout', 'never']);
      assert.match(failure.message, /was not called: the 5 s left of the total timeout are too few for a call\./);
    });

    test('without calling the agent when the last paid call never reported back', async () => {
      let calls = 0;
      const { start } = setUpRunAgent(() => {
        calls += 1;
        return Promise.resolve({ output: '' });
      });
      const failure = await failureOf(start(mockAttempt({ heartbeatDetails: { paidAttempts: 3, maxAttempts: 3 } })));
      assert.deepEqual([failure.type, delayOf(failure), calls], ['WorkerCrashed', 'never', 0]);
    });

    test('for good when no agent of the name is configured', async () => {
      const { start } = setUpRunAgent(failing('AgentFailed'));
      const failure = await failureOf(start(mockAttempt(), agentInput({ agent: 'mian' })));
      assert.deepEqual([failure.type, delayOf(failure)], ['UnknownAgent', 'never']);
      assert.match(
        failure.message,
        /^Agent "mian" is not configured on this worker\. Did you mean "main"\? This worker serves "main"\. /,
      );
    });

    test('for good when a field is misspelt, and not for one of a newer version', async () => {
      const { start } = setUpRunAgent(() => Promise.resolve({ output: 'done' }));
      const wrong = { text: 'do it', session_key: 's' };
      const failure = await failureOf(start(mockAttempt(), agentInput({ task: wrong })));
      assert.deepEqual([failure.type, delayOf(failure)], ['InvalidInput', 'never']);
      assert.equal(failure.message, 'task.session_key is not a known field: write sessionKey.');
      const newer = { text: 'do it', zone: 'Europe/Berlin' };
      assert.deepEqual(await start(mockAttempt(), agentInput({ task: newer })), { output: 'done' });
    });

    test('for good when the input is not what it takes', async () => {
      const { start } = setUpRunAgent(failing('AgentFailed'));
      const failure = await failureOf(start(mockAttempt(), { agent: 'main' } as RunAgentInput));
      assert.deepEqual([failure.type, delayOf(failure)], ['InvalidInput', 'never']);
      assert.match(failure.message, /^client /);
    });

    test('without a word of what an adapter threw', async () => {
      const { start, logger, outcomes } = setUpRunAgent(() => {
        throw new TypeError(SECRET, { cause: new Error(SECRET) });
      });
      const failure = await failureOf(start(mockAttempt()));
      assert.deepEqual([failure.type, delayOf(failure)], ['AgentFailed', 5_000]);
      assert.equal(
        JSON.stringify([failure.message, failure.stack, failure.details, logger.lines, outcomes]).includes(SECRET),
        false,
      );
      assert.equal(
        JSON.stringify(logger.lines.find(({ level }) => level === 'error')?.fields).includes('"error":"TypeError"'),
        true,
      );
    });

    for (const answer of [undefined, null, {}, { output: 7 }, 'text']) {
      test(`when an adapter answers with ${JSON.stringify(answer)}, which counts as a call`, async () => {
        const { start } = setUpRunAgent(() => Promise.resolve(answer as unknown as AgentAnswer));
        const failure = await failureOf(start(mockAttempt()));
        assert.equal(failure.type, 'ModelAnswerUnreadable');
        assert.match(failure.message, /run must resolve with \{ output: string \}\.$/);
        const last = mockAttempt({ heartbeatDetails: { paidAttempts: 2, maxAttempts: 3, agentFaults: 0 } });
        assert.equal(delayOf(await failureOf(start(last))), 'never');
      });
    }

    test('for good when the answer is larger than allowed, or than Temporal can store', async () => {
      const bytes = setUpRunAgent(() => Promise.resolve({ output: 'ü'.repeat(501) }));
      const tooLarge = await failureOf(bytes.start(mockAttempt()));
      assert.deepEqual([tooLarge.type, delayOf(tooLarge)], ['AnswerTooLarge', 'never']);
      assert.match(tooLarge.message, /returned 1002 bytes, more than the limit of 1000/);
      const quotes = setUpRunAgent(() => Promise.resolve({ output: '"'.repeat(1_500_000) }));
      const asJson = await failureOf(quotes.start(mockAttempt(), agentInput({}, { maxAnswerBytes: 2_000_000 })));
      assert.deepEqual([asJson.type, delayOf(asJson)], ['AnswerTooLarge', 'never']);
    });

    test('with AgentTimeout when the attempt takes too long, and aborts the adapter', async () => {
      let aborted = false;
      const { start } = setUpRunAgent((text, context) => {
        context.signal.addEventListener('abort', () => (aborted = true));
        return working(text, context);
      });
      const failure = await failureOf(start(mockAttempt(), agentInput({}, { attemptTimeoutMs: 50 })));
      assert.deepEqual([failure.type, delayOf(failure), aborted], ['AgentTimeout', 5_000, true]);
      assert.match(failure.message, /^Agent "main" did not answer within 0\.1 s\. /);
    });
  });
});

/** Up to 50 ms: a pause of all runs of an agent goes on while the failure is made. */
function roundUp(delay: unknown): number {
  return Math.ceil(Number(delay) / 50) * 50;
}
