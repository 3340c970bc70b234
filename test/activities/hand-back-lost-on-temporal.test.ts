import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { handBackLost, workerIdentity } from '../../src/activities/journal/hand-back-lost.ts';
import { listStartedActivities } from '../../src/worker/list-started-activities.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const JOURNAL = { id: '5a1b2c3d', wasAbandoned: true };

describe('an activity that its dead worker had not noted yet', () => {
  test('is handed back, so that the next worker has it long before the heartbeat timeout', async (t) => {
    const server = await connectToTestServer();
    const { client, namespace } = server;
    const taskQueue = uniqueTaskQueue(t);
    const proxy = await startTcpProxy(server.address);
    // First, for it sets the SDK's runtime, which a connection of any kind would make by itself.
    const connection = await server.connectNative();
    const dying = await NativeConnection.connect({ address: proxy.address });
    let calls = 0;
    const run = (): Promise<never> => {
      calls += 1;
      return new Promise(() => undefined);
    };
    const identity = workerIdentity(JOURNAL);
    const doomed = await createAgentWorker({ connection: dying, namespace, taskQueue, run, identity });
    const background = runInBackground(t, doomed);
    const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: 60_000 });
    await waitFor('the call', () => calls === 1, 20_000);
    // As good as dead: Temporal hears nothing of it any more.
    proxy.setMode('refuse');

    const next = await createAgentWorker({
      connection,
      namespace,
      taskQueue,
      run: () => Promise.resolve({ output: 'by the next' }),
      identity: workerIdentity(JOURNAL),
    });
    runInBackground(t, next);
    const handedBack = await handBackLost({
      journal: JOURNAL,
      identity: workerIdentity(JOURNAL),
      started: () => listStartedActivities(client, taskQueue),
      completions: new AsyncCompletionClient({ connection, namespace }),
      uncache: async (execution) => {
        await client.workflowService.resetStickyTaskQueue({ namespace, execution });
      },
      logger: new RecordingLogger(),
      signal: new AbortController().signal,
    });
    assert.equal(handedBack, 1);
    assert.deepEqual(await handle.result(), { output: 'by the next' });
    const { events } = await handle.fetchHistory();
    const queues = (events ?? []).flatMap((event) => event.workflowTaskScheduledEventAttributes?.taskQueue?.name ?? []);
    assert.deepEqual(queues, [taskQueue, taskQueue], 'a step waited for the dead worker');
    proxy.setMode('pass');
    await background.stop();
    await dying.close();
    await proxy.close();
  });
});
