import type { TestContext } from 'node:test';
import { DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { SIGNAL } from '../../src/contract/names.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { RunClient } from '../../src/runs/run-client.ts';
import { connectForPolls } from '../../src/runs/connect-for-polls.ts';
import { createRunClient } from '../../src/runs/create-run-client.ts';
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
  /** Runs a worker for as long as `body` takes. */
  readonly withWorker: (activities: ScriptedActivities, body: () => Promise<void>) => Promise<void>;
}

/** Makes one that is closed when the test ends. */
export async function setUpRunClient(
  t: TestContext,
  { address }: { readonly address?: string } = {},
): Promise<RunClientSetup> {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  installRuntime(new DefaultLogger('ERROR'));
  const native = await NativeConnection.connect({
    address: address ?? server.address,
    grpcCompression: { codec: 'none' },
  });
  const pollConnection = connectForPolls({ address: address ?? server.address });
  const runs = createRunClient({
    connection: () => native,
    pollConnection,
    namespace: server.namespace,
    taskQueue,
    eagerStart: false,
    deadlineMs: 2500,
    temporalUi: 'http://localhost:8233/namespaces/default',
    logger: { info: () => undefined, error: () => undefined },
  });
  t.after(async () => {
    await runs.close();
    await pollConnection.close();
    await native.close().catch(() => undefined);
  });
  return {
    runs,
    taskQueue,
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
