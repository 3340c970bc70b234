import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { ApplicationFailure, AsyncCompletionClient, WorkflowFailedError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Agent } from '../../src/agents/agent.ts';
import { openJournal } from '../../src/activities/journal/journal.ts';
import type { AgentPolicy } from '../../src/contract/agent-policy.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const HEARTBEAT_TIMEOUT_MS = 3000;

/** An agent that works until it is told to end, or aborted. */
function patientAgent() {
  const agent = {
    calls: 0,
    aborted: 0,
    answer: (): void => undefined,
    fail: (): void => undefined,
    run: ((_, { signal }) => {
      agent.calls += 1;
      const number = agent.calls;
      return new Promise((resolve, reject) => {
        agent.answer = () => resolve({ output: `call ${number}` });
        agent.fail = () => reject(new Error('broke'));
        signal.addEventListener('abort', () => {
          agent.aborted += 1;
          reject(signal.reason as Error);
        });
      });
    }) satisfies Agent['run'],
  };
  return agent;
}

/** A run whose agent is at work, and whose worker reaches Temporal through a proxy. */
async function setUp(
  t: TestContext,
  { withJournal = true, ...policy }: { withJournal?: boolean } & Partial<AgentPolicy>,
) {
  const server = await connectToTestServer();
  const { namespace } = server;
  const direct = await server.connectNative();
  const taskQueue = uniqueTaskQueue(t);
  const proxy = await startTcpProxy(server.address);
  const connection = await NativeConnection.connect({ address: proxy.address });
  const agent = patientAgent();
  const opened = withJournal ? await openJournal(temporaryFolder(t)) : undefined;
  const completions = new AsyncCompletionClient({ connection, namespace });
  const journal = opened && { journal: { journal: opened, completions } };
  const worker = await createAgentWorker({ connection, namespace, taskQueue, run: agent.run, ...journal });
  const background = runInBackground(t, worker);
  const handle = await startRun(server, taskQueue, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS, ...policy });
  await waitFor('the call', () => agent.calls === 1, 10_000);
  const pending = async () => (await handle.describe()).raw.pendingActivities?.[0];
  await until('the count', async () => ((await pending())?.heartbeatDetails ?? null) !== null);
  t.after(async () => {
    proxy.setMode('pass');
    await background.stop();
    await opened?.close();
    await connection.close();
    await proxy.close();
  });
  return { server, direct, agent, proxy, taskQueue, handle, pending };
}

async function until(what: string, isTrue: () => Promise<boolean>, ms = 20_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`no ${what} within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a call outlives its attempt', { concurrency: 3 }, () => {
  for (const [mode, withJournal] of [
    ['refuse', true],
    ['hold', true],
    ['refuse', false],
  ] as const) {
    test(`when Temporal is away (${mode}), ${withJournal ? 'with' : 'without'} a journal: the next attempt gets its answer`, async (t) => {
      const { agent, proxy, handle, pending } = await setUp(t, { withJournal, maxAttempts: 1 });
      proxy.setMode(mode);
      await until('second attempt', async () => ((await pending())?.attempt ?? 0) >= 2);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      proxy.setMode('pass');
      await until('adoption', async () => Number((await pending())?.state) === 2);
      assert.deepEqual([agent.calls, agent.aborted], [1, 0]);
      agent.answer();
      assert.deepEqual(await handle.result(), { output: 'call 1' });
      assert.deepEqual([agent.calls, agent.aborted], [1, 0]);
    });
  }

  test('and ends with the run, when that is terminated', async (t) => {
    const { agent, handle } = await setUp(t, {});
    await handle.terminate('test');
    await waitFor('the abort', () => agent.aborted === 1, 10_000);
    await assert.rejects(handle.result(), WorkflowFailedError);
  });

  test('and ends when the run is canceled while Temporal cannot be reached', async (t) => {
    const { agent, proxy, handle, pending } = await setUp(t, {});
    proxy.setMode('refuse');
    await until('second attempt', async () => ((await pending())?.attempt ?? 0) >= 2);
    await handle.cancel();
    proxy.setMode('pass');
    await waitFor('the abort', () => agent.aborted === 1, 15_000);
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.deepEqual([(await handle.describe()).status.name, agent.calls], ['CANCELLED', 1]);
  });

  test('and completes its run although another worker asks again; that call is aborted', async (t) => {
    const { server, direct, agent, proxy, taskQueue, handle } = await setUp(t, {});
    proxy.setMode('refuse');
    const other = patientAgent();
    const { namespace } = server;
    runInBackground(t, await createAgentWorker({ connection: direct, namespace, taskQueue, run: other.run }));
    await waitFor('the call of the other worker', () => other.calls === 1, 15_000);
    proxy.setMode('pass');
    agent.answer();
    assert.deepEqual(await handle.result(), { output: 'call 1' });
    await waitFor('the abort', () => other.aborted === 1, 10_000);
    assert.deepEqual([agent.calls, agent.aborted, other.calls], [1, 0, 1]);
  });

  test('and its failure is that of the next attempt, by the right name', async (t) => {
    const { agent, proxy, handle, pending } = await setUp(t, { maxAttempts: 1 });
    proxy.setMode('refuse');
    await until('second attempt', async () => ((await pending())?.attempt ?? 0) >= 2);
    agent.fail();
    proxy.setMode('pass');
    await assert.rejects(handle.result(), (error) => {
      assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
      assert.equal(error.cause.type, 'AgentFailed');
      return true;
    });
    assert.equal(agent.calls, 1);
  });
});

describe('an operator interrupts the last paid call', () => {
  test('by a pause: the call ends, and the agent is asked again after the unpause', async (t) => {
    const { server, agent, handle, pending } = await setUp(t, { maxAttempts: 1 });
    const target = { namespace: server.namespace, execution: { workflowId: handle.workflowId }, id: 'agent' };
    await server.client.workflowService.pauseActivity(target);
    await waitFor('the abort', () => agent.aborted === 1, 10_000);
    await until('failure', async () => (await pending())?.lastFailure !== null);
    const { lastFailure, paused } = (await pending()) ?? {};
    assert.deepEqual([lastFailure?.applicationFailureInfo?.type, paused], ['AttemptInterrupted', true]);
    assert.match(lastFailure?.message ?? '', /^Agent "main" was interrupted by an operator's pause\. Unpause/);
    await server.client.workflowService.unpauseActivity(target);
    await waitFor('the second call', () => agent.calls === 2, 10_000);
    agent.answer();
    assert.deepEqual(await handle.result(), { output: 'call 2' });
  });

  test('by a reset: the agent is asked again', async (t) => {
    const { server, agent, handle } = await setUp(t, { maxAttempts: 1 });
    const target = { namespace: server.namespace, execution: { workflowId: handle.workflowId }, id: 'agent' };
    await server.client.workflowService.resetActivity(target);
    await waitFor('the abort', () => agent.aborted === 1, 10_000);
    await waitFor('the second call', () => agent.calls === 2, 10_000);
    agent.answer();
    assert.deepEqual(await handle.result(), { output: 'call 2' });
  });
});
