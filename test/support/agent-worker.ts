import type { TestContext } from 'node:test';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Agent } from '../../src/agents/agent.ts';
import { keepResults, type KeepDeps } from '../../src/activities/journal/keep-results.ts';
import { createRunAgent } from '../../src/activities/run-agent.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentPolicy } from '../../src/contract/agent-policy.ts';
import type { AgentRunInput, AgentRunResult } from '../../src/contract/run.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { RecordingLogger } from './mock-activity.ts';
import type { TestServer } from './temporal-server.ts';

/** Waits between tries that a test can live with, in milliseconds. */
const DELAYS = { retryDelay: 50, retryDelayAtFault: 50, retryDelayUnreachable: 50 };
/** How long a heartbeat may be held back, as the real worker sets it. */
export const THROTTLE_MS = 2000;

export interface AgentWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly run: Agent['run'];
  readonly journal?: Pick<KeepDeps, 'journal' | 'completions'>;
  readonly identity?: string;
}

/** A worker of `agentRun` and `runAgent` with one agent, named `main`, that does what a test says. */
export function createAgentWorker(options: AgentWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, run, journal, identity } = options;
  const logger = new RecordingLogger();
  const runAgent = createRunAgent({
    agents: new Map([['main', { agent: { run }, concurrency: 4, delays: DELAYS }]]),
    logger,
    ...(journal && { checkpoints: journal.journal.checkpoints }),
  });
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    ...(identity !== undefined && { identity }),
    ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']),
    activities: { runAgent: journal === undefined ? runAgent : keepResults(runAgent, { ...journal, logger }) },
    maxHeartbeatThrottleInterval: THROTTLE_MS,
    defaultHeartbeatThrottleInterval: THROTTLE_MS,
  });
}

/** Starts a run without a callback. */
export function startRun(
  server: TestServer,
  taskQueue: string,
  policy: Partial<AgentPolicy> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId<(input: AgentRunInput) => Promise<AgentRunResult>>> {
  const input: AgentRunInput = {
    task: { text: 'do it' },
    client: 'acme',
    source: 'webhook',
    agent: 'main',
    agentPolicy: {
      attemptTimeoutMs: 60_000,
      totalTimeoutMs: 120_000,
      heartbeatTimeoutMs: 30_000,
      maxAttempts: 3,
      maxAnswerBytes: 1_000_000,
      ...policy,
    },
  };
  return server.client.workflow.start('agentRun', { workflowId: randomRunId(), taskQueue, args: [input] });
}

/** Runs a worker in the background until the test ends, or `stop` is called. */
export function runInBackground(t: TestContext, worker: Worker): { stop(): Promise<void> } {
  const ended = worker.run();
  ended.catch(() => undefined);
  const stop = async (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  };
  t.after(stop);
  return { stop };
}
