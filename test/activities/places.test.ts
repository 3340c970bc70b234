import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Places } from '../../src/activities/places.ts';

const never = new AbortController().signal;

describe('Places', () => {
  test('hands out as many as there are, then lets the rest wait in order', async () => {
    const places = new Places(2);
    const order: number[] = [];
    const [first, second] = [await places.take(never), await places.take(never)];
    const waiting = [3, 4, 5].map(async (number) => {
      const place = await places.take(never);
      order.push(number);
      return place;
    });
    assert.deepEqual([places.taken, places.waiting], [2, 3]);
    assert.equal(places.tryTake(), undefined);
    second.release();
    first.release();
    const [third, fourth] = await Promise.all(waiting.slice(0, 2));
    assert.deepEqual(order, [3, 4]);
    third?.release();
    (await waiting[2])?.release();
    fourth?.release();
    assert.deepEqual([places.taken, places.waiting], [0, 0]);
  });

  test('takes a place back only once', async () => {
    const places = new Places(1);
    const place = await places.take(never);
    place.release();
    place.release();
    assert.equal(places.taken, 0);
    assert.notEqual(places.tryTake(), undefined);
    assert.equal(places.tryTake(), undefined);
  });

  test('leaves out who gave up waiting, and rejects with the reason', async () => {
    const places = new Places(1);
    const held = await places.take(never);
    const leaving = new AbortController();
    const reason = new Error('gave up');
    const impatient = places.take(leaving.signal);
    const patient = places.take(never);
    leaving.abort(reason);
    await assert.rejects(impatient, (error) => error === reason);
    held.release();
    assert.equal(places.waiting, 0);
    (await patient).release();
    assert.equal(places.taken, 0);
    await assert.rejects(places.take(leaving.signal), (error) => error === reason);
  });

  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    test(`refuses a size of ${size}`, () => {
      assert.throws(() => new Places(size), RangeError);
    });
  }
});
