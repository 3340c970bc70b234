import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutFailure } from '@temporalio/common';
import type { RunFacts } from '../../src/runs/run-facts.ts';
import { toCallbackState } from '../../src/runs/kinds/to-callback-state.ts';

type CallbackFacts = Pick<RunFacts, 'memo' | 'workflow' | 'pending' | 'history'>;

const DELIVERED = { statusCode: 204, attempts: 1, deliveredAt: '2026-01-01T00:00:00.000Z' };

test('a try that ended between the two reads of a run is counted once', () => {
  const facts: CallbackFacts = {
    memo: { client: 'a', source: 'webhook', agent: 'demo', bodySha256: '', callbackUrl: 'https://ci.example.com/' },
    workflow: 'open',
    pending: [{ activityId: 'callback', running: true, paused: false, attempt: 1 }],
    history: {
      activities: [{ activityId: 'callback', state: 'completed', input: {}, result: DELIVERED, attempt: 1 }],
    },
  };
  assert.deepEqual(toCallbackState(facts, true), {
    status: 'delivered',
    url: 'https://ci.example.com/',
    attempts: 1,
    last_status_code: 204,
    delivered_at: DELIVERED.deliveredAt,
  });
});

for (const [timeout, words] of [
  ['SCHEDULE_TO_CLOSE', 'The delivery timed out while no worker was running.'],
  ['HEARTBEAT', 'The attempt was lost with its worker.'],
] as const) {
  test(`a delivery that Temporal ended by ${timeout} says what became of it`, () => {
    const failure = new TimeoutFailure('activity timeout', undefined, timeout);
    const facts: CallbackFacts = {
      memo: { client: 'a', source: 'webhook', agent: 'demo', bodySha256: '', callbackUrl: 'https://ci.example.com/' },
      workflow: 'open',
      pending: [],
      history: { activities: [{ activityId: 'callback', state: 'failed', input: {}, failure }] },
    };
    const { status, last_error: said } = toCallbackState(facts, true);
    assert.deepEqual([status, said], ['dead', words]);
  });
}
