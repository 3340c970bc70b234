import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { type Agent, type AgentContext, AgentError } from '../../src/agents/agent.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentPolicy } from '../../src/contract/agent-policy.ts';
import type { AgentRunResult } from '../../src/contract/run.ts';
import { GarudustPlugin } from '../../src/plugin.ts';
import type { PluginAgent } from '../../src/stack/worker-parts.ts';
import { runInBackground } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** An agent that works until `finish`, for its oldest call. */
function slowAgent(): Agent & { readonly calls: string[]; finish: () => void } {
  const finishes: (() => void)[] = [];
  const calls: string[] = [];
  return {
    calls,
    finish: () => finishes.shift()?.(),
    run: (_: string, { runId, call, signal }: AgentContext) => {
      calls.push(runId);
      return new Promise((resolve, reject) => {
        finishes.push(() => resolve({ output: `call ${call}` }));
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
}

const quick: Agent = { run: () => Promise.resolve({ output: 'at once' }) };

/** Workers on one task queue, and runs for their agents. */
async function setUp(t: TestContext) {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const { address, namespace } = server;
  await server.connectNative();
  return {
    work: async (agents: Readonly<Record<string, PluginAgent>>, maxConcurrentActivityTaskExecutions = 50) => {
      // One each: the SDK allows no two workers of a queue on one connection.
      const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
      const plugins = [new GarudustPlugin({ agents })];
      const worker = await Worker.create({
        ...{ connection, namespace, taskQueue, plugins, maxConcurrentActivityTaskExecutions },
      });
      const running = runInBackground(t, worker);
      t.after(() => connection.close());
      return { worker, ...running };
    },
    start: (agent: string, policy: Partial<AgentPolicy> = {}) =>
      server.client.workflow.start('agentRun', {
        workflowId: randomRunId(),
        taskQueue,
        args: [
          {
            ...{ task: { text: 'do it' }, client: 'acme', source: 'webhook', agent },
            agentPolicy: {
              attemptTimeoutMs: 60_000,
              totalTimeoutMs: 120_000,
              heartbeatTimeoutMs: 30_000,
              maxAttempts: 1,
              maxAnswerBytes: 1_000_000,
              ...policy,
            },
          },
        ],
      }),
  };
}

async function isWaiting(run: WorkflowHandle): Promise<boolean> {
  const { pendingActivities } = (await run.describe()).raw;
  return pendingActivities?.[0]?.heartbeatDetails != null;
}

describe('tasks that wait for their agent', () => {
  test('hold no slot that another agent needs, and have their turn one after the other', async (t) => {
    const { work, start } = await setUp(t);
    const slow = slowAgent();
    await work({ slow: { run: (text, context) => slow.run(text, context), concurrency: 2 }, quick }, 10);
    const runs = await Promise.all(Array.from({ length: 30 }, () => start('slow')));
    await waitFor('the calls', () => slow.calls.length === 2, 20_000);
    // With a slot for each waiting task, this one would wait for 20 answers of the slow agent.
    assert.deepEqual(await (await start('quick')).result(), { output: 'at once' });
    assert.equal(slow.calls.length, 2);
    for (let finished = 1; finished <= 6; finished += 1) {
      slow.finish();
      await waitFor('the next call', () => slow.calls.length === 2 + finished, 10_000);
    }
    assert.equal(new Set(slow.calls).size, 8, 'nobody was called twice');
    const first = runs.find(({ workflowId }) => workflowId === slow.calls[5]);
    assert.deepEqual(await first?.result(), { output: 'call 1' });
    await Promise.all(runs.map((run) => run.terminate().catch(() => undefined)));
    slow.finish();
    slow.finish();
  });

  test('fail as AgentBusy when queue_timeout is over, with the length of the queue, unpaid', async (t) => {
    const { work, start } = await setUp(t);
    const slow = slowAgent();
    await work({ slow: { run: (text, context) => slow.run(text, context), concurrency: 1 } });
    const busy = await start('slow');
    await waitFor('the call', () => slow.calls.length === 1, 20_000);
    const patient = await start('slow');
    const impatient = await start('slow', { queueTimeoutMs: 2000 });
    const error = await impatient.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
    assert.equal(error.cause.type, 'AgentBusy');
    assert.match(
      error.cause.message,
      /^Agent "slow" had no free permit for [12](\.\d)? s: it is at its limit of 1 call; 1 other task waits\. Raise /,
    );
    assert.equal(slow.calls.length, 1);
    slow.finish();
    await busy.result();
    await waitFor('the other call', () => slow.calls.length === 2, 20_000);
    slow.finish();
    assert.deepEqual(await patient.result(), { output: 'call 1' });
  });

  test('go to another worker when theirs drains, which lets running calls end and starts none', async (t) => {
    const { work, start } = await setUp(t);
    const draining = slowAgent();
    const first = await work({ main: { run: (text, context) => draining.run(text, context), concurrency: 1 } });
    const busy = await start('main');
    await waitFor('the call', () => draining.calls.length === 1, 20_000);
    const waiting = await Promise.all(Array.from({ length: 5 }, () => start('main')));
    for (const run of waiting) while (!(await isWaiting(run))) await sleep(50);
    const next = await work({ main: quick });
    first.worker.shutdown();
    const answers = await Promise.all(waiting.map((run) => run.result() as Promise<AgentRunResult>));
    assert.deepEqual(new Set(answers.map(({ output }) => output)), new Set(['at once']));
    assert.equal(draining.calls.length, 1);
    draining.finish();
    assert.deepEqual(await busy.result(), { output: 'call 1' });
    await first.stop();
    assert.equal(draining.calls.length, 1);
    await next.stop();
  });
});

describe('an agent that refuses tasks before any work', () => {
  for (const [what, refuse] of [
    [
      'asks for a pause',
      () => new AgentError('RateLimited', 'asked for a pause (429)', { statusCode: 429, retryAfterMs: 500 }),
    ],
    ['is behind a proxy', () => new AgentError('AgentUnreachable', 'is not reachable by its proxy (502)')],
  ] as const) {
    test(`and ${what} uses up no paid call, and is asked by few of its runs`, async (t) => {
      const { work, start } = await setUp(t);
      let acceptsAt: number | undefined;
      let refused = 0;
      let accepted = 0;
      const run: Agent['run'] = (_, { call }) => {
        acceptsAt ??= performance.now() + 5000;
        if (performance.now() < acceptsAt) {
          refused += 1;
          return Promise.reject(refuse());
        }
        accepted += 1;
        return Promise.resolve({ output: `call ${call}` });
      };
      await work({ main: { run, concurrency: 4 } });
      const runs = await Promise.all(Array.from({ length: 20 }, () => start('main')));
      const answers = await Promise.all(runs.map((handle) => handle.result() as Promise<AgentRunResult>));
      assert.deepEqual(new Set(answers.map(({ output }) => output)), new Set(['call 1']));
      assert.equal(accepted, 20);
      // Each run for itself would have asked three times or more.
      assert.ok(refused >= 3 && refused <= 40, String(refused));
    });
  }
});
