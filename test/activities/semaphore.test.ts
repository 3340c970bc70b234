import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Semaphore } from '../../src/activities/semaphore.ts';

const never = new AbortController().signal;

describe('Semaphore', () => {
  test('hands out as many as there are, then lets the rest wait in order', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const [first, second] = [await semaphore.acquire(never), await semaphore.acquire(never)];
    const waiting = [3, 4, 5].map(async (number) => {
      const permit = await semaphore.acquire(never);
      order.push(number);
      return permit;
    });
    assert.deepEqual([semaphore.taken, semaphore.waiting], [2, 3]);
    assert.equal(semaphore.tryAcquire(), undefined);
    second.release();
    first.release();
    const [third, fourth] = await Promise.all(waiting.slice(0, 2));
    assert.deepEqual(order, [3, 4]);
    third?.release();
    (await waiting[2])?.release();
    fourth?.release();
    assert.deepEqual([semaphore.taken, semaphore.waiting], [0, 0]);
  });

  test('takes a permit back only once', async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire(never);
    permit.release();
    permit.release();
    assert.equal(semaphore.taken, 0);
    assert.notEqual(semaphore.tryAcquire(), undefined);
    assert.equal(semaphore.tryAcquire(), undefined);
  });

  test('leaves out who gave up waiting, and rejects with the reason', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire(never);
    const leaving = new AbortController();
    const reason = new Error('gave up');
    const impatient = semaphore.acquire(leaving.signal);
    const patient = semaphore.acquire(never);
    leaving.abort(reason);
    await assert.rejects(impatient, (error) => error === reason);
    held.release();
    assert.equal(semaphore.waiting, 0);
    (await patient).release();
    assert.equal(semaphore.taken, 0);
    await assert.rejects(semaphore.acquire(leaving.signal), (error) => error === reason);
  });

  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    test(`refuses a size of ${size}`, () => {
      assert.throws(() => new Semaphore(size), RangeError);
    });
  }
});
