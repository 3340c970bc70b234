import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRemoteAgent } from '../../src/agents/remote/remote.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { startScriptedRemote } from '../support/scripted-remote.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const WORKER = fileURLToPath(new URL('../support/remote-worker.ts', import.meta.url));

describe('a remote agent outlives its worker', { concurrency: 2 }, () => {
  for (const preset of ['hermes', 'langgraph'] as const) {
    test(`kill -9 in the midst of ${preset}: nothing is started twice, or canceled`, async (t) => {
      const remote = await startScriptedRemote(preset);
      t.after(() => remote.close());
      remote.behave = () => ({ status: 'running' });
      const server = await connectToTestServer();
      const { namespace, address } = server;
      const taskQueue = uniqueTaskQueue(t);
      const args = ['--import', 'tsx', WORKER, address, namespace, taskQueue, preset, remote.url];
      const doomed = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      t.after(() => doomed.kill('SIGKILL'));
      const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: 2000, maxAttempts: 1 });
      await waitFor('a poll', () => (remote.tasks[0]?.polls ?? 0) > 0, 60_000);
      const gone = new Promise((resolve) => doomed.once('exit', resolve));
      doomed.kill('SIGKILL');
      await gone;

      remote.behave = () => ({ status: 'completed', output: 'done' });
      const connection = await server.connectNative();
      const agent = createRemoteAgent({ preset, url: remote.url, pollInterval: 50 });
      const run: typeof agent.run = (text, context) => agent.run(text, context);
      runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue, run }));
      const { output } = (await handle.result()) as { readonly output: string };
      assert.equal(output, 'done');
      assert.equal(remote.tasks.length, 1);
      assert.equal(remote.tasks[0]?.canceled, false);
    });
  }
});
