import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startAll } from '../../src/ingress/tasks/start-all.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';

const HUNDRED = Array.from({ length: 100 }, (_, index) => index);

describe('the starts of one delivery', () => {
  test('are a few at a time, in the order of the events', async () => {
    let underWay = 0;
    let most = 0;
    const replies = await startAll(HUNDRED, async (task) => {
      most = Math.max(most, (underWay += 1));
      await delay(task % 3);
      underWay -= 1;
      return task;
    });
    assert.deepEqual(replies, HUNDRED);
    assert.equal(most, 8);
  });

  test('end with the first one that Temporal is too far away for, and name the cause before its effect', async () => {
    const began: number[] = [];
    const starts = startAll(HUNDRED, async (task) => {
      began.push(task);
      await delay(task === 3 ? 40 : 10);
      if (task === 3) throw new ProblemError('temporal_unavailable', 'away');
      throw new ProblemError('overloaded', 'late');
    });
    await assert.rejects(starts, { code: 'temporal_unavailable' });
    assert.equal(began.length, 8);
  });

  test('go on where one event is refused, and the first refusal is the answer', async () => {
    let began = 0;
    const starts = startAll(HUNDRED, async (task) => {
      began += 1;
      if (task === 5 || task === 50) throw new ProblemError('idempotency_conflict', `no ${task}`);
    });
    await assert.rejects(starts, { code: 'idempotency_conflict', detail: 'no 5' });
    assert.equal(began, 100);
  });

  test('begin within a time for all of them', async () => {
    let began = 0;
    const slow = async (): Promise<void> => {
      began += 1;
      await delay(30);
    };
    await assert.rejects(startAll(HUNDRED, slow, 100), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.code, 'overloaded');
      assert.match(error.detail, /has 100 events.*send it again/);
      return true;
    });
    assert.ok(began >= 8 && began < 60, `${began}`);
  });
});
