import type { TestContext } from 'node:test';
import type { Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { SIGNAL } from '../../src/contract/names.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import { connectForPolls } from '../../src/runs/poll-history.ts';
import { createRunClient, type RunClient } from '../../src/runs/run-client.ts';
import { installRuntime } from '../../src/worker/install-runtime.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { type Scenario, toInput } from '../replay/scenarios.ts';
import { acceptedTask } from './run-scenario.ts';
import type { ScriptedActivities } from './scripted-activities.ts';
import { connectToTestServer, uniqueTaskQueue } from './temporal-server.ts';

const PLAIN: Scenario = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } };

/** A run client on the tests' server, with a task queue of its own. */
export interface RunClientSetup {
  readonly runs: RunClient;
  readonly taskQueue: string;
  readonly task: (scenario?: Scenario) => AcceptedTask;
  /** The long polls of the run client, counted. */
  readonly polls: PollCount;
  /** The names of the calls that the run client has made to Temporal, without the long polls. */
  readonly calls: string[];
  /** Runs a worker for as long as `body` takes. */
  readonly withWorker: (activities: ScriptedActivities, body: () => Promise<void>) => Promise<void>;
}

/** Long polls for the history of a run. */
export interface PollCount {
  /** How many have begun. */
  begun: number;
  /** How many are under way, and were at once at most. */
  open: number;
  mostOpen: number;
}

/** Counts the long polls of a connection from now on. */
export function countPolls({ workflowService: service }: Connection): PollCount {
  const count: PollCount = { begun: 0, open: 0, mostOpen: 0 };
  const ask = service.getWorkflowExecutionHistory.bind(service);
  Object.assign(service, {
    async getWorkflowExecutionHistory(request: Parameters<typeof ask>[0]) {
      count.begun += 1;
      count.open += 1;
      count.mostOpen = Math.max(count.mostOpen, count.open);
      try {
        return await ask(request);
      } finally {
        count.open -= 1;
      }
    },
  });
  return count;
}

/** Records the name of each call on a connection from now on. */
function recordCalls({ workflowService: service }: NativeConnection): string[] {
  const calls: string[] = [];
  const call = service.rpcImpl;
  const record: typeof call = (method, ...rest) => {
    calls.push(method.name);
    call?.(method, ...rest);
  };
  Object.assign(service, { rpcImpl: record });
  return calls;
}

/** Makes one that is closed when the test ends. */
export async function setUpRunClient(
  t: TestContext,
  { address, taskQueue = uniqueTaskQueue(t) }: { readonly address?: string; readonly taskQueue?: string } = {},
): Promise<RunClientSetup> {
  const server = await connectToTestServer();
  installRuntime(new DefaultLogger('ERROR'));
  const native = await NativeConnection.connect({
    address: address ?? server.address,
    grpcCompression: { codec: 'none' },
  });
  const calls = recordCalls(native);
  const pollConnection = connectForPolls({ address: address ?? server.address });
  const polls = countPolls(pollConnection);
  const runs = createRunClient({
    connection: () => native,
    pollConnection,
    namespace: server.namespace,
    taskQueue,
    ownBuild: undefined,
    deadlineMs: 2500,
    links: { temporalUi: 'http://localhost:8233/namespaces/default' },
    logger: { error: () => undefined },
  });
  t.after(async () => {
    await runs.close();
    await pollConnection.close();
    await native.close().catch(() => undefined);
  });
  return {
    runs,
    taskQueue,
    polls,
    calls,
    task: (scenario = PLAIN) => acceptedTask(toInput(scenario)),
    withWorker: async (activities, body) => {
      activities.onRetry = (id) => server.client.workflow.getHandle(id).signal(SIGNAL.callbackRetrying);
      const worker = await Worker.create({
        connection: await server.connectNative(),
        namespace: server.namespace,
        taskQueue,
        ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']),
        activities: activities.toRegister(),
        maxHeartbeatThrottleInterval: 100,
      });
      await worker.runUntil(body);
    },
  };
}
