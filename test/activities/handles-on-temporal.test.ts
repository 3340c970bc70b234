import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { type Agent, type AgentContext, isHandOver } from '../../src/agents/agent.ts';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { recoverJournal } from '../../src/activities/journal/recover-journal.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const HANDLE_WORKER = fileURLToPath(new URL('../support/handle-worker.ts', import.meta.url));

/** A worker in a process of its own, with what it has written. */
function spawnWorker(t: TestContext, args: readonly string[]): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, ['--import', 'tsx', HANDLE_WORKER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  child.stdout?.on('data', (text: Buffer) => lines.push(...text.toString('utf8').trim().split('\n')));
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** An agent that would start a remote run, or goes on with one, and answers at once. */
function remoteAgent() {
  const seen: Pick<AgentContext, 'call' | 'resumed'>[] = [];
  const run: Agent['run'] = (_, { call, resumed }) => {
    seen.push({ call, ...(resumed !== undefined && { resumed }) });
    return Promise.resolve({ output: resumed === undefined ? 'started anew' : 'went on' });
  };
  return { run, seen };
}

describe('a handle outlives its worker', { concurrency: 3 }, () => {
  for (const [withJournal, maxAttempts] of [
    [true, 1],
    [false, 1],
    [true, 3],
  ] as const) {
    test(`kill -9 ${withJournal ? 'with' : 'without'} a journal, ${maxAttempts} paid calls: nothing is started twice`, async (t) => {
      const server = await connectToTestServer();
      const { namespace, address } = server;
      const taskQueue = uniqueTaskQueue(t);
      const folder = temporaryFolder(t);
      const doomed = spawnWorker(t, [address, namespace, taskQueue, withJournal ? folder : '-']);
      const handle = await startRun(server, taskQueue, {
        heartbeatTimeoutMs: withJournal ? 30_000 : 2000,
        maxAttempts,
      });
      await waitFor('the kept handle', () => doomed.lines.includes('kept'), 60_000);
      // At once: neither the SDK's next heartbeat nor anything else has time to tell of the handle.
      await kill(doomed.child);

      const agent = remoteAgent();
      const connection = await server.connectNative();
      const completions = new AsyncCompletionClient({ connection, namespace });
      const journal = withJournal ? await openJournal(folder) : undefined;
      t.after(() => journal?.close());
      if (journal !== undefined) {
        const { signal } = new AbortController();
        await recoverJournal({ journal, completions, logger: new RecordingLogger(), signal });
      }
      runInBackground(
        t,
        await createAgentWorker({
          ...{ connection, namespace, taskQueue, run: agent.run },
          ...(journal && { journal: { journal, completions } }),
        }),
      );
      assert.deepEqual(await handle.result(), { output: 'went on' });
      assert.deepEqual(agent.seen, [{ call: 1, resumed: { id: 'remote-1' } }]);
      assert.equal(doomed.lines.filter((line) => line === 'started').length, 1);
    });
  }

  test('kill -9 while Temporal is away: the journal has what Temporal has not', async (t) => {
    const server = await connectToTestServer();
    const { namespace } = server;
    const taskQueue = uniqueTaskQueue(t);
    const folder = temporaryFolder(t);
    const proxy = await startTcpProxy(server.address);
    const doomed = spawnWorker(t, [proxy.address, namespace, taskQueue, folder]);
    const blocker = remoteAgent();
    t.after(() => proxy.close());
    const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: 2000, maxAttempts: 1 });
    await waitFor('the start', () => doomed.lines.includes('started'), 60_000);
    proxy.setMode('refuse');
    await waitFor('the kept handle', () => doomed.lines.includes('kept'), 20_000);
    await kill(doomed.child);
    const connection = await server.connectNative();
    const completions = new AsyncCompletionClient({ connection, namespace });
    const journal = await openJournal(folder);
    t.after(() => journal.close());
    runInBackground(
      t,
      await createAgentWorker({
        ...{ connection, namespace, taskQueue, run: blocker.run, journal: { journal, completions } },
      }),
    );
    assert.deepEqual(await handle.result(), { output: 'went on' });
    assert.deepEqual(blocker.seen, [{ call: 1, resumed: { id: 'remote-1' } }]);
  });

  test('a shutdown hands the call over, and the next worker goes on with it', async (t) => {
    const server = await connectToTestServer();
    const { namespace } = server;
    const taskQueue = uniqueTaskQueue(t);
    const handedOver: boolean[] = [];
    let isKept = false;
    const first = await NativeConnection.connect({ address: server.address });
    const worker = runInBackground(
      t,
      await createAgentWorker({
        ...{ connection: first, namespace, taskQueue },
        run: async (_, { checkpoint, signal }) => {
          await checkpoint('remote-2');
          isKept = true;
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              handedOver.push(isHandOver(signal.reason));
              reject(signal.reason as Error);
            });
          });
        },
      }),
    );
    const handle = await startRun(server, taskQueue, { maxAttempts: 1 });
    await waitFor('the kept handle', () => isKept, 20_000);
    await worker.stop();
    await first.close();
    const agent = remoteAgent();
    const connection = await server.connectNative();
    runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue, run: agent.run }));
    assert.deepEqual(await handle.result(), { output: 'went on' });
    assert.deepEqual(handedOver, [true]);
    assert.deepEqual(agent.seen, [{ call: 1, resumed: 'remote-2' }]);
  });
});
