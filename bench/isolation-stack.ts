import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../src/activities/index.ts';
import { SIGNAL, WORKFLOW, type Workflows } from '../src/contract/names.ts';
import { randomRunId } from '../src/contract/run-id.ts';
import { installRuntime } from '../src/worker/install-runtime.ts';
import { workflowSource } from '../src/worker/workflow-bundle.ts';

/** When each step of a run came, by run id, in milliseconds of `performance.now`. */
export interface RunTimes {
  readonly startedAt: number;
  agentAt?: number;
  receivedAt?: number;
}

/** A worker and a client in one process, as `dev` and all-in-one production have them. */
export interface IsolationStack {
  readonly times: Map<string, RunTimes>;
  /** Attempts that gave their slot back. */
  readonly parked: () => number;
  /** Callbacks whose schedule is used up. */
  readonly died: () => number;
  start(callbackUrl: string): Promise<string>;
  stop(): Promise<void>;
}

const SECOND = 1000;
const TASK_QUEUE = 'isolation';
/** A fifth of the usual, as is the schedule's first wait: the benchmark has minutes, not days. */
const ATTEMPT_TIMEOUT_MS = 3 * SECOND;
const RETRY_DELAYS_MS = [2 * SECOND, 30 * SECOND, 120 * SECOND];
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** @param slots activities that the worker runs at once */
export async function startIsolationStack(address: string, slots: number): Promise<IsolationStack> {
  installRuntime(new DefaultLogger('ERROR'));
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const client = new Client({ connection });
  const times = new Map<string, RunTimes>();
  let parked = 0;
  let died = 0;
  const run = async (_: string, { runId }: { readonly runId: string }): Promise<{ output: string }> => {
    const known = times.get(runId);
    if (known !== undefined) known.agentAt ??= performance.now();
    return { output: 'done' };
  };
  const activities = createActivities({
    agents: new Map([['instant', { agent: { run }, concurrency: 64 }]]),
    callback: {
      clients: new Map([['bench', { webhookSecret: ['a-secret-of-the-benchmark'], allowedCallbackDomains: [] }]]),
      permitNetworks: ['127.0.0.0/8'],
      onFirstFailure: (runId) => client.workflow.getHandle(runId).signal(SIGNAL.callbackRetrying),
    },
    logger: QUIET,
    metrics: {
      attemptEnded: () => undefined,
      permitsChanged: () => undefined,
      callbackAttempted: () => undefined,
      callbackDied: () => (died += 1),
      callbackDeferred: () => (parked += 1),
    },
  });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    ...workflowSource(),
    activities: { ...activities },
    maxConcurrentActivityTaskExecutions: slots,
    maxHeartbeatThrottleInterval: 2 * SECOND,
    defaultHeartbeatThrottleInterval: 2 * SECOND,
  });
  const ended = worker.run();
  return {
    times,
    parked: () => parked,
    died: () => died,
    async start(callbackUrl) {
      const workflowId = randomRunId();
      times.set(workflowId, { startedAt: performance.now() });
      await client.workflow.start<Workflows['agentRun']>(WORKFLOW.agentRun, {
        workflowId,
        taskQueue: TASK_QUEUE,
        requestEagerStart: true,
        args: [
          {
            task: { text: 'do it' },
            client: 'bench',
            source: 'webhook',
            agent: 'instant',
            agentPolicy: {
              attemptTimeoutMs: 60 * SECOND,
              totalTimeoutMs: 600 * SECOND,
              heartbeatTimeoutMs: 30 * SECOND,
              maxAttempts: 3,
              maxAnswerBytes: 1_000_000,
            },
            callback: {
              url: callbackUrl,
              retryDelaysMs: RETRY_DELAYS_MS,
              attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
              deadLetterMs: 86_400 * SECOND,
            },
          },
        ],
      });
      return workflowId;
    },
    async stop() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}
