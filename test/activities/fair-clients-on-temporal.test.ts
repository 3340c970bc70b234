import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairPriority } from '../../src/contract/fairness.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentRunInput } from '../../src/contract/run.ts';
import { createAgentWorker, runInBackground } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const LOUD_RUNS = 300;
const LATE_RUNS = 10;
const CALL_MS = 150;
/** Calls after which the worker is at work, and the others come. */
const CALLS_BEFORE = 20;
/** Of the calls that a late run of the loud client waits for. */
const MOST_RATIO = 0.3;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

// Counts calls and no time: Temporal gives tasks of one client in no strict order, and a busy machine is slow for all.
test('quiet runs behind 300 of a loud client wait for a third of the calls that late runs of the loud one wait for, at most', async (t) => {
  const server = await connectToTestServer();
  const { namespace } = server;
  const taskQueue = uniqueTaskQueue(t);
  const calls: string[] = [];
  const start = (client: string, text: string) => {
    const input: AgentRunInput = { task: { text }, client, source: 'webhook', agent: 'main' };
    const options = { workflowId: randomRunId(), taskQueue, args: [input] as [AgentRunInput], ...fairPriority(client) };
    return server.client.workflow.start('agentRun', options);
  };
  const startMany = (count: number, client: string, text: string) =>
    Promise.all(Array.from({ length: count }, () => start(client, text)));
  const loud = await startMany(LOUD_RUNS, 'loud', 'early');
  const run = async (text: string) => {
    calls.push(text);
    await new Promise((resolve) => setTimeout(resolve, CALL_MS));
    return { output: 'done' };
  };
  const connection = await server.connectNative();
  runInBackground(t, await createAgentWorker({ connection, namespace, taskQueue, run }));
  await waitFor('the first calls', () => calls.length >= CALLS_BEFORE, 30_000);
  const before = calls.length;
  const late = await Promise.all([
    startMany(LATE_RUNS, 'loud', 'late loud'),
    startMany(LATE_RUNS, 'quiet', 'late quiet'),
  ]);
  await Promise.all(late.flat().map((handle) => handle.result()));
  await Promise.all(loud.map((handle) => handle.terminate('measured').catch(() => undefined)));
  const waits = (who: string): number => median(calls.flatMap((text, index) => (text === who ? [index - before] : [])));
  const [inLine, quiet] = [waits('late loud'), waits('late quiet')];
  t.diagnostic(`in line ${inLine} calls, as a quiet client ${quiet}, ratio ${(quiet / inLine).toFixed(2)}`);
  assert.ok(quiet <= inLine * MOST_RATIO, `${quiet} of ${inLine}`);
});
