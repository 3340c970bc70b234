import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import type { AgentProgress } from '../../src/contract/activities.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { agentInput, delayOf, setUpRunAgent, working } from '../support/run-agent-setup.ts';
import { waitFor } from '../support/wait-for.ts';

describe('runAgent waits for a permit', () => {
  test('without paying, reports it, and starts its clock only then', async () => {
    let finish: (answer: AgentAnswer) => void = () => undefined;
    const { start, places } = setUpRunAgent(
      (text) =>
        text === 'first'
          ? new Promise((resolve) => {
              finish = resolve;
            })
          : Promise.resolve({ output: text }),
      1,
    );
    const first = start(mockAttempt(), agentInput({ task: { text: 'first' } }));
    const attempt = mockAttempt();
    const second = start(attempt, agentInput({ task: { text: 'second' } }, { attemptTimeoutMs: 30 }));
    await waitFor('the heartbeat', () => attempt.heartbeats.length > 0);
    const waiting = {
      paidAttempts: 0,
      maxAttempts: 3,
      agentFaults: 0,
      queuedAtMs: 0,
      progress: 'waiting for one of 1 permits',
    };
    assert.deepEqual(attempt.heartbeats[0], waiting);
    await new Promise((resolve) => setTimeout(resolve, 60));
    finish({ output: 'first' });
    assert.deepEqual(await Promise.all([first, second]), [{ output: 'first' }, { output: 'second' }]);
    assert.deepEqual(attempt.heartbeats.at(-1), { paidAttempts: 1, maxAttempts: 3, agentFaults: 0 });
    assert.ok(places.some(({ taken, waiting: queue }) => taken === 1 && queue === 1));
    assert.deepEqual(places.at(-1), { taken: 0, waiting: 0 });
  });

  test('no longer than the total time', async () => {
    const { start } = setUpRunAgent(working, 1);
    const first = mockAttempt();
    const held = start(first);
    const failure = await failureOf(start(mockAttempt({ scheduleToCloseTimeoutMs: 600 })));
    assert.deepEqual([failure.type, delayOf(failure)], ['AgentBusy', 'never']);
    assert.deepEqual(failure.details, [{ paidAttempts: 0, maxAttempts: 3 }]);
    first.env.cancel();
    await assert.rejects(held);
  });
});

describe('runAgent is interrupted', () => {
  for (const [reason, details] of [['CANCELLED', { cancelRequested: true }]] as const) {
    test(`by ${reason}: rethrows the SDK's own failure, at once`, async () => {
      const { start, outcomes } = setUpRunAgent(working);
      const attempt = mockAttempt();
      const run = start(attempt);
      await waitFor('the call', () => attempt.heartbeats.length > 0);
      attempt.env.cancel(reason, new ActivityCancellationDetails(details));
      await assert.rejects(run, (error) => error === attempt.env.context.cancellationSignal.reason);
      await assert.rejects(run, CancelledFailure);
      assert.deepEqual(outcomes, ['canceled']);
    });
  }

  test("and rethrows the SDK's own failure also where an adapter has one of its own", async () => {
    const { start } = setUpRunAgent(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new DOMException('This operation was aborted', 'AbortError')));
        }),
    );
    const attempt = mockAttempt();
    const run = start(attempt);
    await waitFor('the call', () => attempt.heartbeats.length > 0);
    attempt.env.cancel();
    await assert.rejects(run, (error) => error === attempt.env.context.cancellationSignal.reason);
  });

  for (const by of ['pause', 'reset'] as const) {
    test(`by an operator's ${by}: fails by that name, and is not counted`, async () => {
      const { start, outcomes } = setUpRunAgent(working);
      const attempt = mockAttempt({ heartbeatDetails: { paidAttempts: 2, agentFaults: 0 } });
      const run = start(attempt);
      await waitFor('the call', () => attempt.heartbeats.length > 0);
      const details = by === 'pause' ? { paused: true } : { reset: true };
      attempt.env.cancel(by === 'pause' ? 'PAUSED' : 'RESET', new ActivityCancellationDetails(details));
      const failure = await failureOf(run);
      assert.deepEqual([failure.type, delayOf(failure)], ['AttemptInterrupted', 100]);
      assert.equal((attempt.heartbeats.at(-1) as AgentProgress).paidAttempts, 2);
      assert.deepEqual(outcomes, ['AttemptInterrupted']);
    });
  }

  test('by the end of its worker: hands the task to the next at once, unpaid', async () => {
    const { start, outcomes } = setUpRunAgent(working);
    const attempt = mockAttempt();
    const run = start(attempt);
    await waitFor('the call', () => attempt.heartbeats.length > 0);
    attempt.env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails());
    const failure = await failureOf(run);
    assert.deepEqual([failure.type, delayOf(failure)], ['WorkerStopped', 100]);
    assert.equal((attempt.heartbeats.at(-1) as AgentProgress).paidAttempts, 0);
    assert.deepEqual(outcomes, ['WorkerStopped']);
  });

  test('while it waits for a permit', async () => {
    const { start } = setUpRunAgent(working, 1);
    const [first, second] = [mockAttempt(), mockAttempt()];
    const runs = [start(first), start(second)];
    await waitFor('the wait', () => second.heartbeats.length > 0);
    second.env.cancel();
    await assert.rejects(runs[1] ?? assert.fail(), CancelledFailure);
    first.env.cancel();
    await assert.rejects(runs[0] ?? assert.fail(), CancelledFailure);
  });

  test('but keeps its permit until the adapter is really done', async () => {
    let finish = (): void => undefined;
    const { start, places } = setUpRunAgent(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          finish = () => reject(signal.reason as Error);
        }),
      1,
    );
    const attempt = mockAttempt();
    const run = start(attempt);
    await waitFor('the call', () => attempt.heartbeats.length > 0);
    attempt.env.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(places.at(-1)?.taken, 1);
    finish();
    await assert.rejects(run, CancelledFailure);
    assert.equal(places.at(-1)?.taken, 0);
  });
});
