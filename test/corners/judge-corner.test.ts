import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import type { Evidence, Told } from './evidence.ts';
import { judgeCorner } from './judge-corner.ts';
import { promisedFor } from './table/corners.ts';

const RUN: RunResource = {
  id: 'run-1',
  workflow_id: 'run-1',
  status: 'canceled',
  terminal: true,
  error: { code: 'Canceled', message: 'The run was canceled.' },
  callback: { status: 'delivered' },
  links: { self: '/v1/runs/run-1' },
};
const CALLBACK = {
  webhookId: 'run-1',
  body: {
    text: 'Error: The run was canceled.',
    run_id: 'run-1',
    status: 'canceled',
    error: { code: 'Canceled', message: 'The run was canceled.' },
    session_key: null,
    usage: null,
    finished_at: '2026-01-31T12:00:00.000Z',
  },
  status: 204,
  left: false,
} as const;
const TOLD: Told = { poll: RUN, listed: [RUN], stream: RUN, streamEnded: true };
const SEEN: Evidence = {
  state: 'agent',
  webhookId: 'run-1',
  reply: { by: 'api', status: 202, code: undefined, sentAgain: false },
  told: TOLD,
  callbacks: [CALLBACK],
  callbacksElsewhere: [],
  executions: ['CANCELLED'],
  openActivities: [],
  calls: [{ aborted: true }],
  expectedText: 'answer',
};
const PROMISED = promisedFor('agent', 'cancel');

/** What is wrong when one thing is seen otherwise. */
function faultsWith(change: Partial<Evidence>): string[] {
  return judgeCorner(PROMISED, { ...SEEN, ...change });
}

test('a promise that is held has no fault', () => {
  assert.deepEqual(judgeCorner(PROMISED, SEEN), []);
});

test('each view must tell the end that was promised', () => {
  const { error: _, ...other } = RUN;
  const answered: RunResource = { ...other, status: 'completed' };
  const wanted = 'not canceled (Canceled), callback delivered';
  assert.deepEqual(faultsWith({ told: { ...TOLD, poll: answered } }), [
    `a poll says completed, callback delivered, ${wanted}`,
  ]);
  assert.deepEqual(faultsWith({ told: { ...TOLD, listed: [] } }), [`the list says nothing, ${wanted}`]);
  assert.deepEqual(faultsWith({ told: { ...TOLD, listed: [RUN, RUN] } }).length, 1);
  assert.deepEqual(faultsWith({ told: { ...TOLD, stream: undefined } }), [`the event stream says nothing, ${wanted}`]);
  assert.deepEqual(faultsWith({ executions: ['COMPLETED'] }), ['Temporal says COMPLETED, not CANCELLED']);
  const otherwise = { ...CALLBACK, body: { ...CALLBACK.body, status: 'completed' as const } };
  assert.deepEqual(faultsWith({ callbacks: [otherwise] }), ['a callback says completed, not canceled']);
});

test('calls, callbacks and answers are counted', () => {
  assert.deepEqual(faultsWith({ calls: [{ aborted: false }] }), ['1 calls were heard to their end, not 0']);
  assert.deepEqual(faultsWith({ calls: [{ aborted: true }, { aborted: true }] }), [
    'the agent was asked 2 times, not 1',
  ]);
  assert.deepEqual(faultsWith({ callbacks: [] }), ['receivers accepted 0 callbacks, not 1']);
  assert.deepEqual(faultsWith({ callbacks: [{ ...CALLBACK, webhookId: 'x' }] }), ['a callback has another webhook-id']);
  const refused = { by: 'api', status: 409, code: 'idempotency_conflict', sentAgain: false } as const;
  assert.deepEqual(faultsWith({ reply: refused }), ['the answer was 409 idempotency_conflict, not 202']);
  const unchanged = { by: 'api', status: 200, code: undefined, sentAgain: false } as const;
  assert.deepEqual(faultsWith({ reply: unchanged }), ['the answer was 200, not 202']);
  assert.deepEqual(faultsWith({ reply: { ...unchanged, sentAgain: true } }), []);
});

test("a team's workflow is judged by its receiver and Temporal alone", () => {
  const { told: _, ...seen } = SEEN;
  const end = { ...seen, told: undefined, state: 'team-agent', callbacks: [] } as const;
  assert.deepEqual(
    judgeCorner(promisedFor('team-agent', 'temporal-cancel'), { ...end, reply: { by: 'temporal' } }),
    [],
  );
});

test('nothing may stay open', () => {
  assert.deepEqual(faultsWith({ told: { ...TOLD, streamEnded: false } }), ['the event stream has no end']);
  const open = faultsWith({ executions: ['RUNNING'], openActivities: ['agent'] });
  assert.deepEqual(open, ['Temporal says RUNNING, not CANCELLED', 'open at the end: agent']);
});
