import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Turns } from '../../src/ingress/limits/turns.ts';
import type { ProblemError } from '../../src/protocol/problem-error.ts';

const TOO_MANY = 'Too many wait.';

/** Work of so many steps, which logs each. */
function* work(name: string, steps: number, log: string[]): Generator<void, string, void> {
  for (let step = 1; step <= steps; step += 1) {
    log.push(`${name}${step}`);
    if (step < steps) yield;
  }
  return name;
}

describe('turns', () => {
  test('let short work pass whatever waits', async () => {
    const turns = new Turns(8, TOO_MANY);
    const log: string[] = [];
    const long = turns.take(work('a', 5, log));
    assert.equal(await turns.take(work('b', 1, log)), 'b');
    assert.deepEqual(log, ['a1', 'b1']);
    assert.equal(await long, 'a');
    assert.equal(turns.waiting, 0);
  });

  test('give the next step to what had the fewest, one in each turn of the loop', async () => {
    const turns = new Turns(8, TOO_MANY);
    const log: string[] = [];
    const first = turns.take(work('a', 4, log));
    await setImmediate();
    await setImmediate();
    const begun = log.length;
    assert.ok(begun > 1 && begun < 4, log.join());
    const second = turns.take(work('b', 2, log));
    assert.equal(await second, 'b');
    assert.deepEqual(log.slice(begun), ['b1', 'b2']);
    assert.equal(await first, 'a');
  });

  test('refuse what had the most steps when too much waits', async () => {
    const turns = new Turns(2, TOO_MANY);
    const log: string[] = [];
    const old = turns.take(work('a', 50, log));
    await setImmediate();
    await setImmediate();
    const others = ['b', 'c'].map((name) => turns.take(work(name, 3, log)));
    await assert.rejects(old, (error: ProblemError) => error.code === 'overloaded' && error.detail === TOO_MANY);
    assert.deepEqual(await Promise.all(others), ['b', 'c']);
  });

  test('pass on what the work throws, in its first step or later, and go on with the rest', async () => {
    const turns = new Turns(8, TOO_MANY);
    const failing = function* (steps: number): Generator<void, string, void> {
      for (let step = 1; step < steps; step += 1) yield;
      throw new Error(`after ${steps}`);
    };
    const log: string[] = [];
    const [now, later, fine] = [turns.take(failing(1)), turns.take(failing(3)), turns.take(work('a', 4, log))];
    await assert.rejects(now, /after 1/);
    await assert.rejects(later, /after 3/);
    assert.equal(await fine, 'a');
    assert.equal(turns.waiting, 0);
  });
});
