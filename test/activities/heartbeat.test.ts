import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHeartbeat } from '../../src/activities/heartbeat.ts';
import { mockAttempt } from '../support/mock-activity.ts';
import { waitFor } from '../support/wait-for.ts';

describe('startHeartbeat', () => {
  test('sends details at once, and repeats the last ones', async () => {
    const { env, heartbeats } = mockAttempt({ heartbeatTimeoutMs: 90 });
    await env.run(async () => {
      const heartbeat = startHeartbeat();
      heartbeat.beat('first');
      assert.deepEqual(heartbeats, ['first']);
      await waitFor('repeats', () => heartbeats.length >= 3);
      heartbeat.stop();
    });
    assert.deepEqual(new Set(heartbeats), new Set(['first']));
  });

  test('joins details that come close together, and sends the last ones before it stops', async () => {
    const { env, heartbeats } = mockAttempt();
    await env.run(async () => {
      const heartbeat = startHeartbeat();
      for (const details of [0, 1, 2]) heartbeat.beat(details);
      assert.deepEqual(heartbeats, [0]);
      heartbeat.stop();
      return Promise.resolve();
    });
    assert.deepEqual(heartbeats, [0, 2]);
  });

  test('goes on with the details of an earlier attempt, or of what beat before in this one', async () => {
    const { env, heartbeats } = mockAttempt({ heartbeatTimeoutMs: 90, heartbeatDetails: 'of the attempt before' });
    await env.run(async () => {
      const first = startHeartbeat();
      await waitFor('a beat', () => heartbeats.length === 1);
      first.beat('of this attempt');
      first.stop();
      heartbeats.splice(1);
      const second = startHeartbeat();
      await waitFor('another beat', () => heartbeats.length === 2);
      second.stop();
    });
    assert.deepEqual(heartbeats, ['of the attempt before', 'of this attempt']);
  });

  test('is silent for an activity without a heartbeat timeout', async () => {
    for (const heartbeatTimeoutMs of [0, undefined]) {
      const { env, heartbeats } = mockAttempt({ ...(heartbeatTimeoutMs === 0 && { heartbeatTimeoutMs }) });
      Object.assign(env.context.info, { heartbeatTimeoutMs });
      await env.run(async () => {
        const heartbeat = startHeartbeat();
        heartbeat.beat('nothing');
        heartbeat.stop();
        return Promise.resolve();
      });
      assert.deepEqual(heartbeats, []);
    }
  });
});
