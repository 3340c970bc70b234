import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCallbackReceiver, type ReceivedCallback } from '../../src/cli/callback-receiver.ts';
import { type Roles, type RunningStack, startStack } from '../../src/stack/start-stack.ts';
import type { TemporalSettings } from '../../src/stack/temporal-settings.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { sendUntilRecorded } from './send-until-recorded.ts';
import { hubHeaders } from './signed-headers.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { connectToTestServer, uniqueTaskQueue } from './temporal-server.ts';

export const SECRET = 'the-secret-of-the-test-stack';
export const API_KEY = 'the-key-of-the-test-stack';

/** Ingress and worker as `start` composes them, on the tests' Temporal server. */
export interface TestStack {
  readonly stack: RunningStack;
  readonly url: string;
  readonly taskQueue: string;
  /** Callbacks that arrived at `callbackUrl`, in order. */
  readonly callbacks: ReceivedCallback[];
  readonly callbackUrl: string;
  /** Posts a signed task. */
  readonly post: (task: object, headers?: Record<string, string>) => Promise<Response>;
  /** Posts a task that must be accepted. */
  readonly start: (task: object, headers?: Record<string, string>) => Promise<RunResource>;
  readonly get: (runId: string, waitSeconds?: number) => Promise<RunResource>;
  readonly cancel: (runId: string) => Promise<Response>;
}

export interface TestStackOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly roles?: Roles;
  /** Default: some that nobody reads. */
  readonly metrics?: Metrics;
  /** Of Temporal; default: the tests' server. */
  readonly address?: string;
  readonly taskQueue?: string;
  /** How Temporal is reached, where not directly. */
  readonly connectionOptions?: TemporalSettings['connectionOptions'];
  /** Changes to the configuration that the environment can't make. */
  readonly change?: (config: Config) => Config;
  /** Takes the lines of the log; default: nobody. */
  readonly logTo?: Writable;
  /** What the callback receiver answers. */
  readonly receiver?: { readonly failFirst?: number; readonly status?: number };
}

/** Starts one that is drained when the test ends. */
export async function startTestStack(t: TestContext, options: TestStackOptions = {}): Promise<TestStack> {
  const server = await connectToTestServer();
  const taskQueue = options.taskQueue ?? uniqueTaskQueue(t);
  const { change = (unchanged: Config) => unchanged } = options;
  const loaded = loadConfig({
    mode: 'dev',
    file: false,
    cwd: process.cwd(),
    flags: { port: '0', adminPort: '0', taskQueue },
    env: {
      GARUDUST_WEBHOOK_SECRET: SECRET,
      RUNS_API_KEY: API_KEY,
      JOURNAL_DIR: temporaryFolder(t),
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      ...options.env,
    },
  });
  const config = change(loaded.config);
  const stack = await startStack({
    config,
    temporal: {
      connectionOptions: { address: options.address ?? server.address, ...options.connectionOptions },
      namespace: server.namespace,
    },
    roles: options.roles ?? { ingress: true, worker: true },
    logger: createLogger({ ...config.log, ...(options.logTo && { level: 'trace', destination: options.logTo }) }),
    metrics: options.metrics ?? createMetrics(),
    ...(options.env && { env: options.env }),
  });
  t.after(() => stack.drain());
  // A start before the worker takes tasks is a run all the same, but not an eager one.
  while (options.address === undefined && !(await stack.ready())) await sleep(20);
  const callbacks: ReceivedCallback[] = [];
  const receiver = await startCallbackReceiver({
    port: 0,
    failFirst: options.receiver?.failFirst ?? 0,
    status: options.receiver?.status ?? 204,
    delayMs: 0,
    secrets: () => [SECRET],
    onCallback: (callback) => callbacks.push(callback),
  });
  t.after(() => receiver.close());

  const url = stack.ingressUrl ?? '';
  const headers = { Authorization: `Bearer ${API_KEY}` };
  const post = (task: object, more: Record<string, string> = {}): Promise<Response> => {
    const body = JSON.stringify(task);
    return fetch(`${url}/webhook`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...hubHeaders(SECRET, body), ...more },
    });
  };
  return {
    stack,
    url,
    taskQueue,
    callbacks,
    callbackUrl: `${receiver.url}callbacks`,
    post,
    start: (task, more = { 'Idempotency-Key': randomUUID() }) => sendUntilRecorded(() => post(task, more)),
    get: async (runId, waitSeconds = 0) => {
      const response = await fetch(`${url}/v1/runs/${runId}?wait=${waitSeconds}`, { headers });
      return runResource.parse(await response.json());
    },
    cancel: (runId) => fetch(`${url}/v1/runs/${runId}/cancel`, { method: 'POST', headers }),
  };
}
