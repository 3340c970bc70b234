import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectToTestServer, uniqueTaskQueue } from './temporal-server.ts';

test('all tests of a file share one server and its connections', async () => {
  const server = await connectToTestServer();
  assert.equal(await connectToTestServer(), server);
  assert.equal(await server.connectNative(), await server.connectNative());
  const started = process.env['TEST_TEMPORAL_ADDRESS'];
  if (started !== undefined) assert.equal(server.address, started);
  const { namespaceInfo } = await server.client.workflowService.describeNamespace({ namespace: server.namespace });
  assert.equal(namespaceInfo?.name, 'default');
});

test('task queues carry the name of their test and never repeat', (t) => {
  assert.match(uniqueTaskQueue(t), /^task-queues-carry-the-name-of-their-test-[0-9a-f]{8}$/);
  assert.notEqual(uniqueTaskQueue(t), uniqueTaskQueue(t));
});
