import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { SIGNAL } from '../../src/contract/names.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { type Script, ScriptedActivities } from './scripted-activities.ts';
import { connectToTestServer, type TestServer, uniqueTaskQueue } from './temporal-server.ts';

/** Workflow code of a team, with `agentRun` beside it. */
export const STEPS = fileURLToPath(new URL('../workflows/fixtures/steps.ts', import.meta.url));

/** A worker of a team's workflows while it runs. */
export interface StepsAtWork {
  readonly server: TestServer;
  readonly taskQueue: string;
  readonly activities: ScriptedActivities;
  readonly start: (type: string, args: unknown[]) => Promise<WorkflowHandle>;
}

/** Runs a team's workflows with activities that do as they are told. */
export async function runSteps<T>(
  t: Pick<TestContext, 'name'>,
  script: Script & { readonly isLong?: true },
  play: (at: StepsAtWork) => Promise<T>,
): Promise<T> {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const activities = new ScriptedActivities(script);
  activities.onRetry = (workflowId) => server.client.workflow.getHandle(workflowId).signal(SIGNAL.callbackRetrying);
  const worker = await Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    workflowsPath: STEPS,
    activities: activities.toRegister(),
    sinks: createRunSinks(),
    maxHeartbeatThrottleInterval: 100,
    // Each workflow task replays the history, which must lead to the same steps.
    ...(script.isLong !== true && { maxCachedWorkflows: 0 }),
  });
  const start = (type: string, args: unknown[]): Promise<WorkflowHandle> =>
    server.client.workflow.start(type, { workflowId: `${type}-${randomUUID()}`, taskQueue, args });
  return worker.runUntil(() => play({ server, taskQueue, activities, start }));
}
