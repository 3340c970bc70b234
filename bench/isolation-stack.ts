import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../src/activities/index.ts';
import type { ConfiguredAgent } from '../src/activities/run-agent.ts';
import { SIGNAL, WORKFLOW, type Workflows } from '../src/contract/names.ts';
import { randomRunId } from '../src/contract/run-id.ts';
import { installRuntime } from '../src/worker/install-runtime.ts';
import { createRunSinks } from '../src/worker/run-sinks.ts';
import { toWorkerVersion } from '../src/worker/worker-version.ts';
import { workflowSource } from '../src/worker/workflow-bundle.ts';

/** When each step of a run came, by run id, in milliseconds of `performance.now`. */
export interface RunTimes {
  readonly startedAt: number;
  /** When Temporal had it. */
  recordedAt?: number;
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
  /** Attempts of agents, those included that called none. */
  readonly attempts: () => number;
  /** Starts a run of the agent `instant`, unless another is named, and with a callback where there is a URL. */
  start(callbackUrl: string | undefined, agent?: string): Promise<string>;
  cancel(runId: string): Promise<void>;
  stop(): Promise<void>;
}

const SECOND = 1000;
/** A fifth of the usual, as is the schedule's first wait: the benchmark has minutes, not days. */
const ATTEMPT_TIMEOUT_MS = 3 * SECOND;
const RETRY_DELAYS_MS = [2 * SECOND, 30 * SECOND, 120 * SECOND];
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * @param slots activities that the worker runs at once
 * @param others agents beside `instant`
 */
export async function startIsolationStack(
  address: string,
  slots: number,
  others: Readonly<Record<string, ConfiguredAgent>> = {},
): Promise<IsolationStack> {
  const taskQueue = `isolation-${randomUUID()}`;
  installRuntime(new DefaultLogger('ERROR'));
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const client = new Client({ connection });
  const times = new Map<string, RunTimes>();
  let attempts = 0;
  let parked = 0;
  let died = 0;
  const run = async (_: string, { runId }: { readonly runId: string }): Promise<{ output: string }> => {
    const known = times.get(runId);
    if (known !== undefined) known.agentAt ??= performance.now();
    return { output: 'done' };
  };
  const activities = createActivities({
    agents: new Map(Object.entries({ ...others, instant: { agent: { run }, concurrency: 64 } })),
    callback: {
      clients: new Map([['bench', { webhookSecret: ['a-secret-of-the-benchmark'], allowedCallbackDomains: [] }]]),
      permitNetworks: ['127.0.0.0/8'],
      onFirstFailure: (runId) => client.workflow.getHandle(runId).signal(SIGNAL.callbackRetrying),
    },
    logger: QUIET,
    metrics: {
      attemptEnded: () => undefined,
      tokensUsed: () => undefined,
      permitsChanged: () => undefined,
      callbackAttempted: () => undefined,
      callbackDied: () => (died += 1),
      callbackDeferred: () => (parked += 1),
    },
  });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue,
    ...toWorkerVersion({}, { taskQueue }),
    ...workflowSource(),
    sinks: createRunSinks(),
    activities: {
      ...activities,
      runAgent: (input: Parameters<typeof activities.runAgent>[0]) => {
        attempts += 1;
        return activities.runAgent(input);
      },
    },
    maxConcurrentActivityTaskExecutions: slots,
    maxHeartbeatThrottleInterval: 2 * SECOND,
    defaultHeartbeatThrottleInterval: 2 * SECOND,
  });
  const ended = worker.run();
  return {
    times,
    parked: () => parked,
    died: () => died,
    attempts: () => attempts,
    async cancel(runId) {
      await client.workflow.getHandle(runId).cancel();
    },
    async start(callbackUrl, agent = 'instant') {
      const workflowId = randomRunId();
      const known: RunTimes = { startedAt: performance.now() };
      times.set(workflowId, known);
      await client.workflow.start<Workflows['agentRun']>(WORKFLOW.agentRun, {
        workflowId,
        taskQueue,
        requestEagerStart: true,
        args: [
          {
            task: { text: 'do it' },
            client: 'bench',
            source: 'webhook',
            agent,
            agentPolicy: {
              attemptTimeoutMs: 60 * SECOND,
              totalTimeoutMs: 3600 * SECOND,
              heartbeatTimeoutMs: 30 * SECOND,
              maxAttempts: 3,
              maxAnswerBytes: 1_000_000,
            },
            ...(callbackUrl !== undefined && {
              callback: {
                url: callbackUrl,
                retryDelaysMs: RETRY_DELAYS_MS,
                attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
                deadLetterMs: 86_400 * SECOND,
              },
            }),
          },
        ],
      });
      known.recordedAt = performance.now();
      return workflowId;
    },
    async stop() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}
