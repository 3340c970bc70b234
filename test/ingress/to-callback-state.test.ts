import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunFacts } from '../../src/ingress/runs/to-run-resource.ts';
import { toCallbackState } from '../../src/ingress/runs/to-callback-state.ts';

const DELIVERED = { statusCode: 204, attempts: 1, deliveredAt: '2026-01-01T00:00:00.000Z' };

test('a try that ended between the two reads of a run is counted once', () => {
  const facts: RunFacts = {
    runId: 'run-aaaaaaaaaaaaaaaaaaaaaaaaaa',
    memo: { client: 'a', source: 'webhook', agent: 'demo', bodySha256: '', callbackUrl: 'https://ci.example.com/' },
    workflow: 'open',
    pending: [{ activityId: 'callback', running: true, attempt: 1, parked: 0 }],
    events: {
      callbacks: [{ activityId: 'callback', state: 'completed', input: {}, result: DELIVERED, attempt: 1 }],
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
