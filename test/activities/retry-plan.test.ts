import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Fault, planRetry } from '../../src/activities/agent/retry-plan.ts';
import { FAILURES, type FailureType } from '../../src/contract/failures.ts';

const MINUTE = 60_000;

function fault(type: FailureType, changes: Partial<Fault> = {}): Fault {
  return {
    type,
    paidAttempts: 1,
    maxAttempts: 3,
    agentFaults: 0,
    leftMs: 60 * MINUTE,
    attemptTimeoutMs: 10 * MINUTE,
    neededMs: 10_000,
    delays: { retryDelay: 5_000, retryDelayAtFault: MINUTE, retryDelayUnreachable: 1_000 },
    ...changes,
  };
}

describe('planRetry', () => {
  test('doubles the wait after every paid call, until the calls are used up', () => {
    const plans = [1, 2, 3].map((paidAttempts) => planRetry(fault('ModelUnavailable', { paidAttempts })));
    assert.deepEqual(plans, [
      { retry: true, delayMs: 5_000 },
      { retry: true, delayMs: 10_000 },
      { retry: false, because: 'calls_used_up' },
    ]);
  });

  test("doubles the wait after every fault of the agent's, whatever the paid calls", () => {
    const plans = [1, 2, 4].map((agentFaults) => planRetry(fault('AgentKeyRefused', { agentFaults, paidAttempts: 9 })));
    assert.deepEqual(
      plans.map((plan) => plan.retry && plan.delayMs / MINUTE),
      [1, 2, 8],
    );
  });

  test('is back soon at an agent that starts again, and leaves one alone that stays away', () => {
    const plans = [1, 2, 8].map((agentFaults) => planRetry(fault('AgentUnreachable', { agentFaults })));
    assert.deepEqual(
      plans.map((plan) => plan.retry && plan.delayMs),
      [1_000, 2_000, 128_000],
    );
  });

  test('is back as soon after a connection that broke, but not where a proxy tells of it', () => {
    const delays = [{}, { paidAttempts: 2 }, { statusCode: 502 }].map((changes) =>
      planRetry(fault('ConnectionLost', changes)),
    );
    assert.deepEqual(
      delays.map((plan) => plan.retry && plan.delayMs),
      [1_000, 2_000, 5_000],
    );
    const own = { retryDelay: 300, retryDelayAtFault: MINUTE, retryDelayUnreachable: 1_000 };
    assert.deepEqual(planRetry(fault('ConnectionLost', { delays: own })), { retry: true, delayMs: 300 });
  });

  test('keeps to the pause that the agent asked for', () => {
    assert.deepEqual(planRetry(fault('RateLimited', { retryAfterMs: 90_000 })), { retry: true, delayMs: 90_000 });
  });

  test('goes on within the total time after what cost nothing, however often', () => {
    for (const type of ['RateLimited', 'AgentUnreachable', 'AgentKeyRefused'] as const) {
      const plan = planRetry(fault(type, { paidAttempts: 3, agentFaults: 100, turnMs: 7_000 }));
      assert.deepEqual(plan, { retry: true, delayMs: 7_000 }, type);
    }
  });

  test('leaves a call as much time as it needs', () => {
    const leftMs = 18_000;
    const plan = planRetry(fault('AgentUnreachable', { leftMs, turnMs: 60_000 }));
    assert.deepEqual(plan, { retry: true, delayMs: leftMs - 10_000 });
  });

  test('never names a delay of 0, which would end the activity', () => {
    for (const retryAfterMs of [0, -5]) {
      const plan = planRetry(fault('RateLimited', { retryAfterMs }));
      assert.ok(plan.retry && plan.delayMs > 0);
    }
  });

  test('cuts a wait so that a whole attempt still fits', () => {
    const plan = planRetry(fault('RateLimited', { retryAfterMs: 24 * 60 * MINUTE, leftMs: 50 * MINUTE }));
    assert.deepEqual(plan, { retry: true, delayMs: 40 * MINUTE });
  });

  test('cuts a wait to half of what is left when a whole attempt does not fit', () => {
    const plan = planRetry(fault('AgentKeyRefused', { agentFaults: 5, leftMs: 6 * MINUTE }));
    assert.deepEqual(plan, { retry: true, delayMs: 3 * MINUTE });
  });

  test('gives up when not even the shortest wait of its kind fits', () => {
    const up = { retry: false, because: 'time_up' };
    assert.deepEqual(planRetry(fault('AgentKeyRefused', { agentFaults: 1, leftMs: 2 * MINUTE - 2 })), up);
    assert.deepEqual(planRetry(fault('AgentUnreachable', { agentFaults: 1, leftMs: 1_998 })), up);
    assert.deepEqual(planRetry(fault('ModelUnavailable', { leftMs: 14_998 })), up);
    assert.equal(planRetry(fault('ModelUnavailable', { leftMs: 15_000 })).retry, true);
    assert.deepEqual(planRetry(fault('ModelUnavailable', { leftMs: -1 })), up);
  });

  test('always ends an agent that stays away within the total time', () => {
    let leftMs = 60 * MINUTE;
    let tries = 0;
    for (let agentFaults = 1; ; agentFaults += 1) {
      const plan = planRetry(fault('AgentUnreachable', { agentFaults, leftMs }));
      tries += 1;
      assert.ok(tries < 30);
      if (!plan.retry) break;
      leftMs -= plan.delayMs;
      assert.ok(leftMs > 0);
    }
    assert.ok(tries > 5);
    assert.ok(leftMs < 2 * MINUTE);
  });

  test('hands an attempt whose worker stopped to the next at once', () => {
    assert.deepEqual(planRetry(fault('WorkerStopped', { leftMs: 1, paidAttempts: 3 })), { retry: true, delayMs: 100 });
  });

  const FINAL = Object.entries(FAILURES).flatMap(([type, entry]) =>
    ['passing', 'refused', 'agent', 'worker'].includes(entry.class) ? [] : [type as FailureType],
  );
  for (const type of FINAL) {
    test(`never retries ${type}`, () => {
      assert.deepEqual(planRetry(fault(type)), { retry: false, because: 'final' });
    });
  }
});
