import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { type CallCount, countCalls } from '../../src/runs/kinds/to-agent-state.ts';
import type { ActivityRecord } from '../../src/runs/run-facts.ts';

const input = { policy: { maxAttempts: 3 } };
const told = (paidAttempts: number): Error =>
  ApplicationFailure.create({ type: 'AgentKeyRefused', details: [{ paidAttempts, maxAttempts: 3 }] });
const silent = ApplicationFailure.create({ type: 'WorkerCrashed' });
const lost = new TimeoutFailure('heartbeat', { paidAttempts: 2, maxAttempts: 3, agentFaults: 0 }, 'HEARTBEAT');

const ROWS: readonly (readonly [string, Partial<ActivityRecord>, CallCount])[] = [
  ['an answer at once', { attempt: 1 }, { calls: 1, maxCalls: 3 }],
  ['an answer after faults of the agent', { attempt: 9, earlierFailure: told(0) }, { calls: 1, maxCalls: 3 }],
  ['an answer after paid calls', { attempt: 3, earlierFailure: told(2) }, { calls: 3, maxCalls: 3 }],
  ['an answer after a lost worker', { attempt: 2, earlierFailure: lost }, { calls: 3, maxCalls: 3 }],
  ['an answer after a failure without counts', { attempt: 9, earlierFailure: silent }, { calls: 3, maxCalls: 3 }],
  ['a failure', { state: 'failed', attempt: 7, failure: told(3) }, { calls: 3, maxCalls: 3 }],
  ['a total time that ran out', { state: 'failed', attempt: 7, failure: lost }, { calls: 2, maxCalls: 3 }],
  [
    'a cancel in the midst of a call',
    { state: 'canceled', attempt: 2, earlierFailure: told(1) },
    { calls: 2, maxCalls: 3 },
  ],
  ['no attempt', { state: 'canceled' }, {}],
  ['an input that is not ours', { attempt: 4, input: 'text', earlierFailure: silent }, { calls: 4 }],
];

describe('the paid calls of a run that has ended', () => {
  for (const [what, record, wanted] of ROWS) {
    test(`after ${what}`, () => {
      assert.deepEqual(countCalls({ activityId: 'agent', state: 'completed', input, ...record }), wanted);
    });
  }
});
