import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUpRunClient } from '../support/run-client-setup.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

test('a cancel that Temporal has taken is answered with the run as it was read before, where reading it again is late', async (t) => {
  const server = await connectToTestServer();
  const proxy = await startTcpProxy(server.address);
  t.after(() => proxy.close());
  const { runs, task } = await setUpRunClient(t, { address: proxy.address });
  const one = task();
  await runs.start(one);
  // Two questions take 2 s; the third, which reads the run again, would be later than the deadline.
  proxy.setDelay(500);
  const { run, unchanged } = await runs.cancel(one.runId, 'ci');
  assert.deepEqual([run.id, run.status, unchanged], [one.runId, 'queued', false]);
  const { events } = await server.client.workflow.getHandle(one.runId).fetchHistory();
  assert.ok(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes));
});
