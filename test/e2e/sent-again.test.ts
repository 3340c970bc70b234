import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runResource } from '../../src/protocol/run-resource.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

test('an API key sends a task, waits for its outcome, has its delivered callback sent again with the same id and body, and deletes the run', async (t) => {
  const { url, callbacks, callbackUrl, get } = await startTestStack(t);
  const headers = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ text: 'hello', callback_url: callbackUrl });
  const sent = await fetch(`${url}/v1/runs`, { method: 'POST', body, headers: { ...headers, Prefer: 'wait=30' } });
  const run = runResource.parse(await sent.json());
  assert.deepEqual([sent.status, sent.headers.get('preference-applied'), run.status], [200, 'wait=30', 'completed']);
  assert.ok(run.output);

  const isDelivered = async (): Promise<boolean> => (await get(run.id)).callback.status === 'delivered';
  await waitFor('the callback', isDelivered, 20_000);
  // Until the workflow is closed, there is nothing to send again.
  const again = async (): Promise<number> =>
    (await fetch(`${url}/v1/runs/${run.id}/redeliver`, { method: 'POST', headers })).status;
  await waitFor('the redelivery', async () => (await again()) === 202, 20_000);
  await waitFor('the second callback', () => callbacks.length === 2, 20_000);
  const [first, second] = callbacks;
  assert.deepEqual(second?.body, first?.body);
  assert.deepEqual([second?.webhookId, first?.webhookId], [run.id, run.id]);

  const deleted = async (): Promise<number> =>
    (await fetch(`${url}/v1/runs/${run.id}`, { method: 'DELETE', headers })).status;
  await waitFor('the end of the redelivery', async () => (await deleted()) === 204, 20_000);
  await waitFor('the deletion', async () => (await deleted()) === 404, 60_000);
});
