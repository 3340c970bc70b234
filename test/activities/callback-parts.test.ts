import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { planNextAttempt } from '../../src/activities/callback/plan-next-attempt.ts';
import { DELIVER_CALLBACK_INPUT } from '../../src/contract/activities.ts';
import { readStored } from '../../src/contract/stored.ts';

const SCHEDULE = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000];
const BASE = { attempt: 1, retryDelaysMs: SCHEDULE, attemptTimeoutMs: 15_000, leftMs: Infinity, random: 0.5 };

describe('the next attempt', () => {
  test('comes by the schedule, ±20 %', () => {
    for (const [index, delay] of SCHEDULE.entries()) {
      for (const [random, factor] of [
        [0, 0.8],
        [0.5, 1],
        [1, 1.2],
      ] as const) {
        const next = planNextAttempt({ ...BASE, attempt: index + 1, random });
        assert.deepEqual(next, { follows: true, delayMs: delay * factor });
      }
    }
    assert.deepEqual(planNextAttempt({ ...BASE, attempt: 10 }), { follows: false, because: 'schedule_used_up' });
    assert.deepEqual(planNextAttempt({ ...BASE, retryDelaysMs: [] }), { follows: false, because: 'schedule_used_up' });
  });

  test('is never earlier than the schedule and never later than twice the wait, whatever Retry-After says', () => {
    const delayFor = (retryAfterMs: number): unknown => planNextAttempt({ ...BASE, attempt: 2, retryAfterMs });
    assert.deepEqual(delayFor(0), { follows: true, delayMs: 300_000 });
    assert.deepEqual(delayFor(400_000), { follows: true, delayMs: 400_000 });
    assert.deepEqual(delayFor(9e12), { follows: true, delayMs: 600_000 });
  });

  test('always leaves time for a whole attempt within the total timeout', () => {
    const cut = planNextAttempt({ ...BASE, attempt: 4, leftMs: 100_000 });
    assert.deepEqual(cut, { follows: true, delayMs: 100_000 - 15_000 - 1000 });
    assert.deepEqual(planNextAttempt({ ...BASE, leftMs: 15_500 }), { follows: false, because: 'time_up' });
    const any = fc.record({
      attempt: fc.integer({ min: 1, max: 12 }),
      attemptTimeoutMs: fc.integer({ min: 1, max: 100_000 }),
      leftMs: fc.double({ min: -1e6, max: 1e8, noNaN: true }),
      retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(any, (tried) => {
        const next = planNextAttempt({ ...BASE, ...tried });
        if (!next.follows) return next.because === 'time_up' || tried.attempt > SCHEDULE.length;
        return next.delayMs > 0 && next.delayMs + tried.attemptTimeoutMs <= tried.leftMs;
      }),
    );
  });

  test('never has a delay of 0, which ends an activity', () => {
    assert.deepEqual(planNextAttempt({ ...BASE, retryDelaysMs: [0] }), { follows: true, delayMs: 100 });
  });
});

const GOOD = {
  client: 'acme',
  runId: 'run-1',
  url: 'https://ci.example.com/hook',
  deliveryId: 'run-1',
  outcome: {
    status: 'failed',
    output: '',
    error: { code: 'AgentFailed', message: '' },
    usage: { inputTokens: 1, outputTokens: 2, iterations: 3 },
    sessionKey: 's',
    finishedAt: '2026-01-31T12:00:00.000Z',
  },
  retryDelaysMs: [0, 5000],
  attemptTimeoutMs: 15_000,
};

const readCallbackInput = (value: unknown) => readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);

describe('the input of deliverCallback', () => {
  test('is taken as it is when good, without fields that are not known', () => {
    assert.deepEqual(readCallbackInput(GOOD), { ok: true, input: GOOD });
    const outcome = { ...GOOD.outcome, secret: 1, error: { ...GOOD.outcome.error, stack: 'x' }, usage: { cost: 1 } };
    const read = readCallbackInput({ ...GOOD, extra: 1, outcome });
    assert.deepEqual(read, { ok: true, input: { ...GOOD, outcome: { ...GOOD.outcome, usage: {} } } });
    const least = { status: 'completed', finishedAt: '2026-01-31T12:00:00Z' };
    assert.deepEqual(readCallbackInput({ ...GOOD, outcome: least }), { ok: true, input: { ...GOOD, outcome: least } });
  });

  const BAD: readonly (readonly [string, object])[] = [
    ['client', { client: '' }],
    ['client', { client: 7 }],
    ['runId', { runId: undefined }],
    ['url', { url: null }],
    ['url', { url: 'h'.repeat(8193) }],
    ['deliveryId', { deliveryId: '' }],
    ['deliveryId', { deliveryId: 'a\r\nb' }],
    ['deliveryId', { deliveryId: 'ä' }],
    ['attemptTimeoutMs', { attemptTimeoutMs: 0 }],
    ['attemptTimeoutMs', { attemptTimeoutMs: NaN }],
    ['attemptTimeoutMs', { attemptTimeoutMs: '5' }],
    ['retryDelaysMs', { retryDelaysMs: 5 }],
    ['retryDelaysMs', { retryDelaysMs: [-1] }],
    ['retryDelaysMs', { retryDelaysMs: [Infinity] }],
    ['retryDelaysMs', { retryDelaysMs: Array.from({ length: 65 }, () => 1) }],
    ['outcome', { outcome: undefined }],
    ['outcome', { outcome: [] }],
    ['outcome.status', { outcome: { ...GOOD.outcome, status: 'running' } }],
    ['outcome.finishedAt', { outcome: { ...GOOD.outcome, finishedAt: 'soon' } }],
    ['outcome.output', { outcome: { ...GOOD.outcome, output: {} } }],
    ['outcome.sessionKey', { outcome: { ...GOOD.outcome, sessionKey: 1 } }],
    ['outcome.error', { outcome: { ...GOOD.outcome, error: 'x' } }],
    ['outcome.error', { outcome: { ...GOOD.outcome, error: { code: '', message: '' } } }],
    ['outcome.usage', { outcome: { ...GOOD.outcome, usage: { inputTokens: '1' } } }],
  ];
  for (const [field, change] of BAD) {
    test(`is refused for ${field} = ${JSON.stringify(Object.values(change)[0])?.slice(0, 40)}`, () => {
      const read = readCallbackInput({ ...GOOD, ...change });
      assert.equal(read.ok, false);
      assert.ok(!read.ok && new RegExp(`^${field}[ .]`).test(read.problem), read.ok ? '' : read.problem);
    });
  }

  test('is refused when it is no object', () => {
    for (const value of [undefined, null, 'x', 1, []]) assert.equal(readCallbackInput(value).ok, false);
  });
});
