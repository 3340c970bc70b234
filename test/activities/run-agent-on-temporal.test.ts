import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { createAgentWorker, runInBackground, startRun } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Works until aborted, and tells when it began and ended. */
function workingAgent(): { run: Agent['run']; calls: number[]; aborted: number } {
  const agent = {
    calls: [] as number[],
    aborted: 0,
    run: (_: string, { call, signal }: Parameters<Agent['run']>[1]) => {
      agent.calls.push(call);
      return new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          agent.aborted += 1;
          reject(signal.reason as Error);
        });
      });
    },
  };
  return agent;
}

describe('runAgent on a Temporal server', () => {
  test('carries its counts from attempt to attempt, faults of the agent unpaid', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const calls: number[] = [];
    const faults: (ConstructorParameters<typeof AgentError> | undefined)[] = [
      ['AgentUnreachable', 'was away'],
      ['ConnectionLost', 'broke off'],
      ['AgentKeyRefused', 'refused our key'],
      ['ConnectionLost', 'broke off again'],
      undefined,
    ];
    const run: Agent['run'] = (_, { call }) => {
      const fault = faults[calls.push(call) - 1];
      return fault === undefined ? Promise.resolve({ output: 'at last' }) : Promise.reject(new AgentError(...fault));
    };
    const connection = await server.connectNative();
    runInBackground(t, await createAgentWorker({ connection, namespace: server.namespace, taskQueue, run }));
    const handle = await startRun(server, taskQueue);
    assert.deepEqual(await handle.result(), { output: 'at last' });
    assert.deepEqual(calls, [1, 1, 2, 2, 3]);
  });

  test('ends for good with the last paid call', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    let calls = 0;
    const run: Agent['run'] = () => {
      calls += 1;
      return Promise.reject(new AgentError('ModelUnavailable', 'could not reach its model', { statusCode: 500 }));
    };
    const connection = await server.connectNative();
    runInBackground(t, await createAgentWorker({ connection, namespace: server.namespace, taskQueue, run }));
    const handle = await startRun(server, taskQueue, { maxAttempts: 2 });
    const error = await handle.result().catch((e: unknown) => e);
    assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
    assert.equal(error.cause.type, 'ModelUnavailable');
    assert.equal(calls, 2);
    const { events = [] } = await handle.fetchHistory();
    const failed = events?.find((event) => event.activityTaskFailedEventAttributes)?.activityTaskFailedEventAttributes;
    assert.deepEqual(
      JSON.parse(Buffer.from(failed?.failure?.applicationFailureInfo?.details?.payloads?.[0]?.data ?? []).toString()),
      {
        statusCode: 500,
        paidAttempts: 2,
        maxAttempts: 2,
      },
    );
    assert.equal(failed?.failure?.stackTrace ?? '', '');
  });

  test('ends the call of the agent within seconds of a cancel, and closes only then', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const agent = workingAgent();
    const connection = await server.connectNative();
    runInBackground(t, await createAgentWorker({ connection, namespace: server.namespace, taskQueue, run: agent.run }));
    const handle = await startRun(server, taskQueue);
    await waitFor('the call', () => agent.calls.length === 1, 10_000);
    await handle.cancel();
    await waitFor('the abort', () => agent.aborted === 1, 8_000);
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
  });

  test('hands its task to the next worker at once when its own stops, unpaid', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const connection = await server.connectNative();
    const options = { connection, namespace: server.namespace, taskQueue };
    const agent = workingAgent();
    const first = runInBackground(t, await createAgentWorker({ ...options, run: agent.run }));
    const handle = await startRun(server, taskQueue);
    await waitFor('the call', () => agent.calls.length === 1, 10_000);
    await first.stop();
    assert.equal(agent.aborted, 1);
    const run: Agent['run'] = (_, { call }) => Promise.resolve({ output: `call ${call}` });
    const stoppedAt = performance.now();
    runInBackground(t, await createAgentWorker({ ...options, run }));
    assert.deepEqual(await handle.result(), { output: 'call 1' });
    // A tenth of the heartbeat timeout, which is what a lost attempt would have to wait for.
    assert.ok(performance.now() - stoppedAt < 3_000 + 2_000);
  });

  test('lets an operator pause it and go on, uncounted and without taking that for a cancel', async (t) => {
    const server = await connectToTestServer();
    const taskQueue = uniqueTaskQueue(t);
    const agent = workingAgent();
    let isAnswering = false;
    const run: Agent['run'] = (text, context) =>
      isAnswering ? Promise.resolve({ output: `call ${context.call}` }) : agent.run(text, context);
    const connection = await server.connectNative();
    runInBackground(t, await createAgentWorker({ connection, namespace: server.namespace, taskQueue, run }));
    const handle = await startRun(server, taskQueue);
    await waitFor('the call', () => agent.calls.length === 1, 10_000);
    const target = {
      namespace: server.namespace,
      execution: { workflowId: handle.workflowId },
      id: 'agent',
    };
    await server.client.workflowService.pauseActivity(target);
    await waitFor('the abort', () => agent.aborted === 1, 8_000);
    isAnswering = true;
    await server.client.workflowService.unpauseActivity(target);
    assert.deepEqual(await handle.result(), { output: 'call 1' });
  });
});
