import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

test('a task with a delay waits in Temporal, is queued until then, and can be canceled', async (t) => {
  const stack = await startTestStack(t);
  const before = Date.now();
  const delayed = await stack.start({ text: 'demo: say later', delay: '3s', callback_url: stack.callbackUrl });
  assert.equal(delayed.status, 'queued');
  assert.ok(Date.parse(delayed.starts_at ?? '') >= before + 3000);
  const far = await stack.start({
    text: 'demo: say never',
    at: new Date(before + 86_400_000).toISOString(),
    callback_url: stack.callbackUrl,
  });
  assert.equal((await stack.cancel(far.id)).status, 202);
  const canceled = await stack.get(far.id, 10);
  assert.equal(canceled.status, 'canceled');
  const run = await stack.get(delayed.id, 20);
  assert.deepEqual([run.status, run.output, run.starts_at], ['completed', 'later', delayed.starts_at]);
  assert.ok(Date.parse(run.started_at ?? '') >= before + 2900, run.started_at);
  const past = await stack.start({ text: 'demo: say now', at: '2020-01-31T12:00:00+01:00' });
  assert.deepEqual([past.starts_at, (await stack.get(past.id, 10)).output], [undefined, 'now']);
  await waitFor('both callbacks', () => stack.callbacks.length === 2);
});
