import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@temporalio/activity';
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Agent } from '../../src/agents/agent.ts';
import { type Journal, openJournal } from '../../src/activities/journal/journal.ts';
import { recoverJournal } from '../../src/activities/journal/recover-journal.ts';
import { reportFailure, reportResult } from '../../src/activities/journal/report-until-settled.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const DOOMED_WORKER = fileURLToPath(new URL('../support/doomed-worker.ts', import.meta.url));
const HEARTBEAT_TIMEOUT_MS = 30_000;

async function open(t: TestContext, folder: string): Promise<Journal> {
  const journal = await openJournal(folder);
  t.after(() => journal.close());
  return journal;
}

describe('the journal on a Temporal server', () => {
  test('reports a result by its token: the same 17 events as a plain return', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const connection = await server.connectNative();
    const { namespace } = server;
    const journal = await open(t, temporaryFolder(t));
    const completions = new AsyncCompletionClient({ connection, namespace });
    const run: Agent['run'] = () => Promise.resolve({ output: 'done', usage: { iterations: 1 } });
    const plainQueue = uniqueTaskQueue(t);
    runInBackground(
      t,
      await createAgentWorker({ connection, namespace, taskQueue, run, journal: { journal, completions } }),
    );
    runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue: plainQueue, run }));
    const handles = [await startRun(server, taskQueue), await startRun(server, plainQueue)];
    const kinds = await Promise.all(
      handles.map(async (handle) => {
        assert.deepEqual(await handle.result(), { output: 'done', usage: { iterations: 1 } });
        const { events } = await handle.fetchHistory();
        return events?.map(({ eventType }) => eventType);
      }),
    );
    assert.deepEqual(kinds[0], kinds[1]);
    assert.equal(journal.size, 0);
  });

  test('brings an answer to Temporal that was away when it came, and does not ask the agent again', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const { namespace } = server;
    const proxy = await startTcpProxy(server.address);
    const connection = await NativeConnection.connect({ address: proxy.address });
    const journal = await open(t, temporaryFolder(t));
    const completions = new AsyncCompletionClient({ connection, namespace });
    let calls = 0;
    let answer = (): void => undefined;
    const run: Agent['run'] = () => {
      calls += 1;
      return new Promise((resolve) => {
        answer = () => resolve({ output: `call ${calls}` });
      });
    };
    const worker = await createAgentWorker({
      connection,
      namespace,
      taskQueue,
      run,
      journal: { journal, completions },
    });
    const background = runInBackground(t, worker);
    const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: 3000 });
    await waitFor('the call', () => calls === 1, 10_000);
    proxy.setMode('refuse');
    answer();
    await waitFor('the kept answer', () => journal.size === 1);
    // Long enough for Temporal to give the attempt up, and for the SDK to drop a plain completion.
    await untilAttempt(handle, 2);
    await new Promise((resolve) => setTimeout(resolve, 7000));
    proxy.setMode('pass');
    assert.deepEqual(await handle.result(), { output: 'call 1' });
    assert.equal(calls, 1);
    await waitFor('the forgotten entry', () => journal.size === 0);
    await background.stop();
    await connection.close();
    await proxy.close();
  });

  test('completes an activity by its ids while its next attempt waits for a worker', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const { namespace } = server;
    const proxy = await startTcpProxy(server.address);
    const connection = await NativeConnection.connect({ address: proxy.address });
    let taskToken: string | undefined;
    const run: Agent['run'] = () => {
      taskToken = activityInfo().base64TaskToken;
      return new Promise(() => undefined);
    };
    const worker = await createAgentWorker({ connection, namespace, taskQueue, run });
    const background = runInBackground(t, worker);
    const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: 1000 });
    await waitFor('the call', () => taskToken !== undefined, 10_000);
    proxy.setMode('refuse');
    await untilAttempt(handle, 2);
    const completions = new AsyncCompletionClient({ connection: server.client.connection, namespace });
    const attempt = {
      workflowId: handle.workflowId,
      runId: handle.firstExecutionRunId,
      activityId: 'agent',
      activityType: 'runAgent',
      attempt: 1,
      scheduledAt: 1,
      taskToken: taskToken ?? '',
    };
    assert.equal(await reportFailure(completions, attempt, new Error('too late')), 'settled');
    assert.equal(await reportResult(completions, attempt, { output: 'late, but paid for' }), 'reported');
    assert.equal(await reportResult(completions, attempt, { output: 'twice' }), 'settled');
    proxy.setMode('pass');
    assert.deepEqual(await handle.result(), { output: 'late, but paid for' });
    await background.stop();
    await connection.close();
    await proxy.close();
  });

  test('hands the tasks of a killed worker to the next one long before the heartbeat timeout', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const { namespace, address } = server;
    const folder = temporaryFolder(t);
    const args = ['--import', 'tsx', DOOMED_WORKER, address, namespace, taskQueue, folder];
    const doomed = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => doomed.kill('SIGKILL'));
    let calls = 0;
    doomed.stdout.on('data', (text: Buffer) => {
      calls += text.toString('utf8').split('called').length - 1;
    });
    const handles = [
      await startRun(server, taskQueue, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS }),
      await startRun(server, taskQueue, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS }),
    ];
    await waitFor('both calls', () => calls === 2, 30_000);
    // The count of the paid call is on its way, as a heartbeat: a crash is not that quick.
    await Promise.all(handles.map((handle) => untilPaid(handle)));
    const gone = new Promise((resolve) => doomed.once('exit', resolve));
    doomed.kill('SIGKILL');
    await gone;

    const restartedAt = performance.now();
    const connection = await server.connectNative();
    const journal = await open(t, folder);
    const completions = new AsyncCompletionClient({ connection, namespace });
    const calledAgainAt: number[] = [];
    const run: Agent['run'] = (_, { call }) => {
      calledAgainAt.push(performance.now());
      return Promise.resolve({ output: `call ${call}` });
    };
    const recovery = await recoverJournal({
      journal,
      completions,
      logger: new RecordingLogger(),
      signal: new AbortController().signal,
    });
    assert.deepEqual(recovery, { completed: 0, handedBack: 2, settled: 0, left: 0 });
    const worker = await createAgentWorker({
      connection,
      namespace,
      taskQueue,
      run,
      journal: { journal, completions },
    });
    runInBackground(t, worker);
    for (const handle of handles) assert.deepEqual(await handle.result(), { output: 'call 2' });
    // The runs themselves may end later: Temporal waits up to 10 s for the dead worker's cached workflows.
    for (const at of calledAgainAt) assert.ok(at - restartedAt < HEARTBEAT_TIMEOUT_MS / 3);
    t.diagnostic(
      `agents called again after ${calledAgainAt.map((at) => Math.round(at - restartedAt)).join(', ')} ms; all done after ${Math.round(performance.now() - restartedAt)} ms`,
    );
  });
});

/** Waits until Temporal has given up the attempts before this one. */
async function untilAttempt(handle: Awaited<ReturnType<typeof startRun>>, attempt: number): Promise<void> {
  const end = performance.now() + 20_000;
  for (;;) {
    const { pendingActivities } = (await handle.describe()).raw;
    if ((pendingActivities?.[0]?.attempt ?? 0) >= attempt) return;
    if (performance.now() > end) throw new Error(`Temporal did not come to attempt ${attempt}`);
  }
}

async function untilPaid(handle: Awaited<ReturnType<typeof startRun>>): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    const { pendingActivities } = (await handle.describe()).raw;
    if (pendingActivities?.[0]?.heartbeatDetails !== null && pendingActivities?.[0] !== undefined) return;
    if (performance.now() > end) throw new Error('the paid call was not counted');
  }
}
