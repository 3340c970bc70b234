import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { StartQueue } from '../../src/ingress/limits/start-queue.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';

interface Started {
  readonly name: string;
  readonly end: (error?: Error) => void;
}

/** A queue with a fixed number of permits, what it has begun, and what it told the limit. */
function setUp(permits: number, maxWaitMs = 60_000) {
  const began: Started[] = [];
  const observed: [ms: number, wasFull: boolean][] = [];
  const limit = { permits, observe: (ms: number, wasFull: boolean) => void observed.push([ms, wasFull]) };
  const queue = new StartQueue(limit, maxWaitMs);
  return {
    observed,
    limit,
    /** Ends the start with this number, and lets the next ones begin. */
    end: async (index: number, error?: Error): Promise<void> => {
      await setImmediate();
      began[index]?.end(error);
      await setImmediate();
    },
    names: () => began.map(({ name }) => name).join(' '),
    /** Its name is the client's and a number. */
    take: (name: string): Promise<void> =>
      queue.take(name.charAt(0), () => {
        return new Promise((resolve, reject) => {
          began.push({ name, end: (error) => (error === undefined ? resolve() : reject(error)) });
        });
      }),
  };
}

const isOverloaded = (error: unknown): boolean => error instanceof ProblemError && error.code === 'overloaded';

describe('starts', () => {
  test('wait for a permit, and clients take turns', async () => {
    const { end, names, take } = setUp(2);
    const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1', 'c2'].map(take);
    await setImmediate();
    assert.equal(names(), 'a1 a2');
    for (let next = 0; next < all.length; next += 1) await end(next);
    assert.equal(names(), 'a1 a2 a3 b1 c1 a4 c2 a5');
    await Promise.all(all);
  });

  test('whose turn comes too late are refused and never begin; others still do', async () => {
    const { end, names, take } = setUp(1, 20);
    const first = take('a1');
    await Promise.all([assert.rejects(take('a2'), isOverloaded), assert.rejects(take('b1'), isOverloaded)]);
    const last = take('a3');
    await end(0);
    await end(1);
    await Promise.all([first, last]);
    assert.equal(names(), 'a1 a3');
  });

  test('that fail free their permit', async () => {
    const { end, take, observed } = setUp(1);
    const away = assert.rejects(take('a1'));
    const conflict = assert.rejects(take('a2'));
    const last = take('a3');
    await end(0, new ProblemError('temporal_unavailable', 'away'));
    await end(1, new ProblemError('idempotency_conflict', 'another body'));
    await end(2);
    await Promise.all([away, conflict, last]);
    assert.equal(observed[0]?.[0], Infinity, 'a failure of Temporal counts as endless');
    assert.equal(observed.length, 2, 'a refusal of ours says nothing about its speed');
    assert.ok((observed[1]?.[0] ?? Infinity) < Infinity);
  });

  test('learn how long they waited', async () => {
    const queue = new StartQueue({ permits: 1, observe: () => undefined });
    let release = (): void => undefined;
    const first = queue.take('a', (waitedMs) => new Promise<number>((resolve) => (release = () => resolve(waitedMs))));
    const second = queue.take('a', (waitedMs) => Promise.resolve(waitedMs));
    await setTimeout(20);
    release();
    assert.ok((await first) < (await second));
    assert.ok((await second) >= 19, 'a timer may be a millisecond early');
  });

  test('follow a limit that changes, and tell it whether it was reached', async () => {
    const { end, names, take, limit, observed } = setUp(1);
    const all = ['a1', 'a2', 'a3'].map(take);
    await setImmediate();
    limit.permits = 2;
    await end(0);
    assert.equal(names(), 'a1 a2 a3');
    await end(1);
    await end(2);
    await Promise.all(all);
    assert.deepEqual(
      observed.map(([, wasFull]) => wasFull),
      [false, true, false],
    );
  });
});
