import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StartLimit } from '../../src/ingress/limits/start-limit.ts';

/** A limit with a clock, and Temporal's answers to so many starts at once. */
function setUp() {
  let now = 0;
  const limit = new StartLimit(() => now);
  return {
    limit,
    pass: (ms: number) => void (now += ms),
    /** Starts with all permits taken, each of which takes as long as `temporal` says. */
    settle: (temporal: (atOnce: number) => number, starts = 1000): number => {
      for (let start = 0; start < starts; start += 1) limit.observe(temporal(limit.permits), true);
      return limit.permits;
    },
  };
}

const oneAtATime = (atOnce: number): number => 5 * atOnce;

describe('the limit of starts at once', () => {
  test('falls to a few where more at once are no faster, however many there were', () => {
    const { limit, settle } = setUp();
    settle(() => 5);
    assert.ok(limit.permits > 100);
    const permits = settle(oneAtATime, 200);
    assert.ok(permits >= 2 && permits <= 5, `${permits}`);
  });

  test('leaves workers their share: two while all else makes starts slow', () => {
    const { settle } = setUp();
    settle(() => 5, 10);
    assert.equal(
      settle((atOnce) => 60 * atOnce),
      2,
    );
  });

  test('grows where Temporal is far away and has time, although answers vary', () => {
    const { settle } = setUp();
    let start = 0;
    const permits = settle(() => 30 + ((start += 7) % 25));
    assert.ok(permits > 100, `${permits}`);
  });

  test('does not grow while fewer are under way than it permits', () => {
    const { limit } = setUp();
    const before = limit.permits;
    for (let start = 0; start < 1000; start += 1) limit.observe(5, false);
    assert.equal(limit.permits, before);
  });

  test('falls to two while starts fail, and recovers', () => {
    const { limit, settle } = setUp();
    settle(() => 5);
    for (let start = 0; start < 100; start += 1) limit.observe(Infinity, true);
    assert.equal(limit.permits, 2);
    assert.ok(settle(() => 5, 200) > 20);
  });

  test('takes a longer way to Temporal as the normal one after some minutes', () => {
    const { pass, settle } = setUp();
    settle(() => 3);
    assert.equal(
      settle(() => 60),
      2,
    );
    pass(300_001);
    settle(() => 60, 1);
    pass(300_001);
    assert.ok(settle(() => 60) > 100);
  });
});
