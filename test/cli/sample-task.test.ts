import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleTask } from '../../src/cli/dev/take-round-trip.ts';
import { load } from '../config/load.ts';

test('the first task that dev and demo offer names a user where the client may not ask for just anybody', () => {
  const env = { GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-tests' };
  const taskOf = (more: Record<string, string>): object =>
    sampleTask(load({ env: { ...env, ...more } }).config.clients[0]);
  assert.deepEqual(taskOf({}), { text: 'Summarise why deployment 4312 failed' });
  assert.deepEqual(taskOf({ GARUDUST_ALLOWED_USER_IDS: 'ada,grace' }), {
    text: 'Summarise why deployment 4312 failed',
    user_id: 'ada',
  });
});
