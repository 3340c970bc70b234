import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { type Admission, AgentAdmission, type CallPermit } from '../../src/activities/admission/agent-admission.ts';
import type { Ticket } from '../../src/activities/admission/waiting-line.ts';

const never = new AbortController().signal;
const RATE_LIMIT = { type: 'RateLimited', what: 'asked for a pause (429)', statusCode: 429 } as const;

/** An admission on a clock of its own. */
function setUp(concurrency: number, isDraining = () => false) {
  let now = 1000;
  const changes: object[] = [];
  const admission = new AgentAdmission({
    concurrency,
    isDraining,
    now: () => now,
    onChange: (permits) => changes.push(permits),
  });
  const enter = (ticket: Ticket, options: Partial<Parameters<AgentAdmission['enter']>[1]> = {}): Promise<Admission> =>
    admission.enter(ticket, {
      signal: never,
      mostMs: 60_000,
      mayLeave: true,
      ignorePause: false,
      onWait: () => undefined,
      ...options,
    });
  const pass = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };
  return { admission, changes, enter, pass };
}

function nth(number: number): Ticket {
  return { key: `task-${number}`, client: 'ci', since: number };
}

async function permitOf(admission: Promise<Admission>): Promise<CallPermit> {
  const admitted = await admission;
  assert.ok(admitted !== 'draining' && admitted.granted, 'no permit');
  return admitted.permit;
}

async function waitOf(admission: Promise<Admission>): Promise<number> {
  const admitted = await admission;
  assert.ok(admitted !== 'draining' && !admitted.granted, 'not sent away');
  return admitted.waitMs;
}

describe('AgentAdmission', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => mock.timers.reset());

  test('grants as many permits as there are, and the next to the oldest task', async () => {
    const { admission, enter } = setUp(2);
    const [first, second] = [await permitOf(enter(nth(1))), await permitOf(enter(nth(2)))];
    const order: number[] = [];
    const waiting = [4, 3].map(async (number) => {
      const permit = await permitOf(enter(nth(number)));
      order.push(number);
      return permit;
    });
    assert.deepEqual([admission.taken, admission.waiting], [2, 2]);
    first.release();
    first.release();
    await waiting[1];
    second.release();
    await waiting[0];
    assert.deepEqual(order, [3, 4]);
    assert.deepEqual([admission.taken, admission.waiting], [2, 0]);
  });

  test('keeps a few tasks in the worker and hands the others back, the younger the later', async () => {
    const { admission, enter, pass } = setUp(2);
    const calls = await Promise.all([permitOf(enter(nth(1))), permitOf(enter(nth(2)))]);
    const seated = [enter(nth(3)), enter(nth(4))];
    const waits = await Promise.all(Array.from({ length: 700 }, (_, index) => waitOf(enter(nth(index + 5)))));
    const front = waits.slice(0, 100);
    assert.deepEqual(
      front,
      front.toSorted((one, other) => one - other),
    );
    assert.ok((waits[0] ?? 0) <= 3000 && (front.at(-1) ?? 0) > 10_000, `${waits[0]}, ${front.at(-1)}`);
    // Those at the end return within a few minutes, and not all at once.
    const seconds = new Map<number, number>();
    for (const wait of waits) seconds.set(Math.floor(wait / 1000), (seconds.get(Math.floor(wait / 1000)) ?? 0) + 1);
    assert.ok(Math.max(...seconds.keys()) <= 281 && Math.max(...seconds.values()) < 40);
    assert.equal(admission.waiting, 702);
    // An older task takes the slot of a younger one.
    const oldest = enter(nth(0));
    const evicted = await waitOf(seated[1] ?? assert.fail());
    assert.ok(evicted <= 6000, String(evicted));
    pass(4000);
    calls[0]?.release();
    assert.equal((await permitOf(oldest)) !== undefined, true);
    // Nobody holds a slot for long.
    pass(1500);
    assert.ok((await waitOf(seated[0] ?? assert.fail())) <= 6000);
  });

  test('sends the first in line away for three seconds at most, however slow the agent', async () => {
    const { enter, pass } = setUp(1);
    const slow = await permitOf(enter(nth(1)));
    pass(600_000);
    slow.accepted();
    slow.release();
    await permitOf(enter(nth(2)));
    void enter(nth(3));
    assert.ok((await waitOf(enter(nth(4)))) <= 6000);
  });

  test('has as many back as there are permits when calls that began together end together', async () => {
    const { enter, pass } = setUp(64);
    const learn = await permitOf(enter(nth(1)));
    for (let times = 0; times < 8; times += 1) {
      const call = await permitOf(enter(nth(2)));
      pass(40_000);
      call.accepted();
      call.release();
    }
    learn.release();
    await Promise.all(Array.from({ length: 64 }, (_, index) => permitOf(enter(nth(index + 10)))));
    pass(20_000);
    for (let index = 0; index < 8; index += 1) void enter(nth(index + 100));
    const waits = await Promise.all(Array.from({ length: 100 }, (_, index) => waitOf(enter(nth(index + 200)))));
    const back = waits.slice(0, 56);
    assert.ok(Math.max(...back) <= 22_000, `${Math.max(...back)}`);
    assert.ok(Math.min(...waits.slice(56)) > 22_000, `${Math.min(...waits.slice(56))}`);
  });

  test('looks again after a while when a call takes longer than it was expected to', async () => {
    const { admission, enter, pass } = setUp(1);
    const quick = await permitOf(enter(nth(1)));
    pass(10);
    quick.accepted();
    quick.release();
    await permitOf(enter(nth(2)));
    pass(3000);
    const wait = admission.queue(nth(3));
    assert.ok(wait > 2000 && wait <= 3000, String(wait));
  });

  test('forgets a task that does not come back', async () => {
    const { admission, changes, enter, pass } = setUp(1);
    await permitOf(enter(nth(1)));
    await waitOf(enter(nth(2), { mostMs: 0 }));
    assert.equal(admission.waiting, 1);
    pass(30_000);
    assert.equal(admission.waiting, 0);
    assert.deepEqual(changes.at(-1), { taken: 1, waiting: 0 });
  });

  test('pauses for all as long as the agent asks, then asks with one call, then with more', async () => {
    const { enter, pass } = setUp(64);
    const calls = await Promise.all(Array.from({ length: 40 }, (_, index) => permitOf(enter(nth(index)))));
    for (const call of calls) {
      call.refused(RATE_LIMIT, 5000, 9000);
      call.release();
    }
    const paused = await enter(nth(50));
    assert.ok(paused !== 'draining' && !paused.granted);
    assert.equal(paused.refusal, RATE_LIMIT);
    assert.equal(paused.waitMs, 9000);
    pass(9000);
    const probe = await permitOf(enter(nth(51)));
    assert.ok((await waitOf(enter(nth(52), { mostMs: 0 }))) > 0);
    probe.accepted();
    probe.release();
    const more = await Promise.all([53, 54, 55].map((number) => permitOf(enter(nth(number)))));
    assert.ok((await waitOf(enter(nth(56), { mostMs: 0 }))) > 0);
    // A refusal comes sooner than this.
    pass(2500);
    await Promise.all([57, 58, 59].map((number) => permitOf(enter(nth(number)))));
    for (const call of more) call.release();
  });

  test('doubles a pause that nobody asked for with each refused probe, up to a minute, once for calls that ran together', async () => {
    const { enter, pass } = setUp(4);
    const together = await Promise.all([1, 2, 3].map((number) => permitOf(enter(nth(number)))));
    for (const call of together) {
      call.refused(RATE_LIMIT, 1000, undefined);
      call.release();
    }
    const pauses: number[] = [];
    for (let number = 10; number < 19; number += 1) {
      const wait = await waitOf(enter(nth(number)));
      pauses.push(wait);
      pass(wait);
      const probe = await permitOf(enter(nth(number)));
      probe.refused(RATE_LIMIT, 1000, undefined);
      probe.release();
    }
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('lets a task ask during a pause when it has no time left to respect it', async () => {
    const { enter } = setUp(4);
    const call = await permitOf(enter(nth(1)));
    call.refused(RATE_LIMIT, 1000, 3_600_000);
    call.release();
    await permitOf(enter(nth(2), { ignorePause: true }));
  });

  test('turns everybody away while the worker drains, also who waits already', async () => {
    let isDraining = false;
    const { enter, pass } = setUp(1, () => isDraining);
    await permitOf(enter(nth(1)));
    const waiting = enter(nth(2));
    const patient = enter(nth(3), { mayLeave: false });
    isDraining = true;
    pass(250);
    assert.deepEqual(await Promise.all([waiting, patient, enter(nth(4))]), ['draining', 'draining', 'draining']);
  });

  test('leaves out who is canceled', async () => {
    const { admission, enter } = setUp(1);
    const held = await permitOf(enter(nth(1)));
    const leaving = new AbortController();
    const impatient = enter(nth(2), { signal: leaving.signal });
    const reason = new Error('canceled');
    leaving.abort(reason);
    await assert.rejects(impatient, (error) => error === reason);
    held.release();
    assert.deepEqual([admission.taken, admission.waiting], [0, 0]);
    await assert.rejects(enter(nth(3), { signal: leaving.signal }), (error) => error === reason);
  });

  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    test(`refuses a concurrency of ${size}`, () => {
      assert.throws(() => new AgentAdmission({ concurrency: size }), RangeError);
    });
  }
});
