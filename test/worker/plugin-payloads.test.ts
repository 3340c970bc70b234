import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { Client } from '@temporalio/client';
import { Worker, type WorkerPlugin } from '@temporalio/worker';
import { GarudustPlugin } from '../../src/plugin.ts';
import { StartError } from '../../src/stack/start-error.ts';
import { runInBackground, startRun } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { createTeamPlugin } from './fixtures/team-plugin.ts';

const KEY = `k1:${randomBytes(32).toString('base64')}`;
const encrypting = (): GarudustPlugin =>
  new GarudustPlugin({ agents: { main: { run: (output) => Promise.resolve({ output }) } }, payloadKeys: [KEY] });

async function createWorker(t: TestContext, plugins: WorkerPlugin[]): Promise<Worker> {
  const server = await connectToTestServer();
  const connection = await server.connectNative();
  return Worker.create({ connection, namespace: server.namespace, taskQueue: uniqueTaskQueue(t), plugins });
}

describe('the payload keys of a plugin', () => {
  for (const others of [[], [createTeamPlugin()]]) {
    test(`encrypt for worker and client, behind ${others.length} codecs of others, and replay`, async (t) => {
      const server = await connectToTestServer();
      const plugin = encrypting();
      const worker = await createWorker(t, [...others, plugin]);
      runInBackground(t, worker);
      const client = new Client({ connection: server.client.connection, plugins: [...others, plugin] });
      const run = await startRun({ ...server, client }, worker.options.taskQueue);
      assert.deepEqual(await run.result(), { output: 'do it' });
      const history = await run.fetchHistory();
      const completed = history.events?.find((event) => event.workflowExecutionCompletedEventAttributes);
      const [payload] = completed?.workflowExecutionCompletedEventAttributes?.result?.payloads ?? [];
      const encoding = Buffer.from(payload?.metadata?.['encoding'] ?? []).toString();
      assert.equal(encoding, 'binary/garudust-encrypted');
      await Worker.runReplayHistory({ plugins: [...others, encrypting()] }, history);
    });
  }

  test('refuse to run where another plugin has replaced them', async (t) => {
    const worker = await createWorker(t, [encrypting(), createTeamPlugin()]);
    await assert.rejects(worker.run(), (error) => {
      assert.ok(error instanceof StartError);
      assert.match(error.message, /payloads would not be encrypted: list GarudustPlugin behind it/);
      return true;
    });
  });

  test('are refused when they are none', async (t) => {
    const plugin = new GarudustPlugin({ agents: {}, payloadKeys: ['k1'] });
    await assert.rejects(createWorker(t, [plugin]), /payloadKeys: a key is not a payload key: write an id/);
  });
});
