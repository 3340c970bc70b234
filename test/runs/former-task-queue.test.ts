import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { Scenario } from '../replay/scenarios.ts';
import { setUpRunClient as setUp } from '../support/run-client-setup.ts';
import { ScriptedActivities } from '../support/scripted-activities.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };

describe('a run on a task queue that the server no longer uses', () => {
  test('is not canceled in words alone: the answer says that no worker is there', async (t) => {
    const before = await setUp(t);
    const { runs } = await setUp(t);
    const one = before.task();
    await before.runs.start(one);
    await assert.rejects(runs.cancel(one.runId, 'ci'), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.code, 'no_worker');
      assert.ok(error.detail.includes(`TEMPORAL_TASK_QUEUE=${before.taskQueue}`));
      return true;
    });
    assert.equal((await runs.get(one.runId, 'ci')).status, 'queued');
  });

  test('is redelivered while a worker of that queue runs, which only then has to be asked for', async (t) => {
    const before = await setUp(t);
    const { runs, calls } = await setUp(t);
    const stop = { fail: 'CallbackStopped', statusCode: 410 } as const;
    const scenario: Scenario = { ...PLAIN, callback: [stop, stop, stop] };
    const one = before.task(scenario);
    const activities = new ScriptedActivities(scenario);
    const isDead = async (attempts: number): Promise<void> => {
      for (;;) {
        const { callback } = await runs.get(one.runId, 'ci');
        if (callback.status === 'dead' && callback.attempts === attempts) return;
        await sleep(50);
      }
    };
    await before.withWorker(activities, async () => {
      await before.runs.start(one);
      await isDead(1);
      assert.equal((await runs.redeliver(one.runId, 'ci')).unchanged, false);
      assert.equal(calls.filter((name) => name === 'DescribeTaskQueue').length, 1);
      await isDead(2);
      assert.equal((await before.runs.redeliver(one.runId, 'ci')).unchanged, false);
      assert.ok(!before.calls.includes('DescribeTaskQueue'));
      await isDead(3);
    });
  });
});
