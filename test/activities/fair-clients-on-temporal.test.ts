import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fairPriority } from '../../src/contract/fairness.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentRunInput } from '../../src/contract/run.ts';
import { createAgentWorker, runInBackground } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';

const LOUD_RUNS = 300;
const CALL_MS = 100;
/** Of what it would wait as one more task of the loud client. */
const MOST_RATIO = 0.3;

/** How long one run of a client waits that starts after 300 runs of the client `loud`, in milliseconds. */
async function waitBehindLoud(t: TestContext, client: string): Promise<number> {
  const server = await connectToTestServer();
  const { namespace } = server;
  const taskQueue = uniqueTaskQueue(t);
  const start = (of: string) => {
    const input: AgentRunInput = { task: { text: 'do it' }, client: of, source: 'webhook', agent: 'main' };
    const options = { workflowId: randomRunId(), taskQueue, args: [input] as [AgentRunInput], ...fairPriority(of) };
    return server.client.workflow.start('agentRun', options);
  };
  const loud = await Promise.all(Array.from({ length: LOUD_RUNS }, () => start('loud')));
  const run = async () => {
    await new Promise((resolve) => setTimeout(resolve, CALL_MS));
    return { output: 'done' };
  };
  const connection = await server.connectNative();
  runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue, run }));
  // The worker is at work.
  await loud[0]?.result();
  const startedAt = performance.now();
  await (await start(client)).result();
  const waitedMs = performance.now() - startedAt;
  await Promise.all(loud.map((handle) => handle.terminate('measured').catch(() => undefined)));
  return waitedMs;
}

test('a quiet client behind 300 runs of a loud one waits a third of what it would wait in line at most', async (t) => {
  const inLine = await waitBehindLoud(t, 'loud');
  const quiet = await waitBehindLoud(t, 'quiet');
  t.diagnostic(
    `in line ${Math.round(inLine)} ms, as a quiet client ${Math.round(quiet)} ms, ratio ${(quiet / inLine).toFixed(2)}`,
  );
  assert.ok(quiet <= inLine * MOST_RATIO, `${quiet} of ${inLine}`);
});
