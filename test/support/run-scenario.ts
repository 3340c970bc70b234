import type { TestContext } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { firstTryBuild } from '../../src/contract/first-try.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import { REDELIVERY_WORKFLOW, SIGNAL } from '../../src/contract/names.ts';
import { runMemo } from '../../src/contract/describe-run.ts';
import type { AgentRunInput } from '../../src/contract/run.ts';
import type { FinishedRun } from '../../src/contract/run-sinks.ts';
import { redeliveryOptions } from '../../src/runs/kinds/redelivery-options.ts';
import { startOptions } from '../../src/runs/kinds/start-options.ts';
import { readRun } from '../../src/runs/read-run.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { type Scenario, toInput } from '../replay/scenarios.ts';
import { ScriptedActivities } from './scripted-activities.ts';
import { connectToTestServer, type TestServer, uniqueTaskQueue } from './temporal-server.ts';

/** A scenario that has been run to its end on a real server. */
export interface PlayedScenario {
  readonly server: TestServer;
  readonly runId: string;
  /** Of the run, or of its redelivery where the scenario has one. */
  readonly handle: WorkflowHandle;
  readonly activities: ScriptedActivities;
  /** What the workflow told its worker. */
  readonly finished: readonly FinishedRun[];
}

/** An accepted task without a delivery, for tests that begin behind the parser. */
export function acceptedTask(input: AgentRunInput, runId = randomRunId()): AcceptedTask {
  const accepted = { runId, idempotent: true, input, memo: { ...runMemo(input), bodySha256: 'a'.repeat(64) } };
  return accepted as unknown as AcceptedTask;
}

/** Starts a run as the ingress does, with a worker of its own, and follows it to its end. */
export async function runScenario(t: Pick<TestContext, 'name'>, scenario: Scenario): Promise<PlayedScenario> {
  const server = await connectToTestServer();
  const activities = new ScriptedActivities(scenario);
  activities.onRetry = (workflowId) => server.client.workflow.getHandle(workflowId).signal(SIGNAL.callbackRetrying);
  const taskQueue = uniqueTaskQueue(t);
  const finished: FinishedRun[] = [];
  const worker = await Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']),
    activities: activities.toRegister(),
    ...(scenario.firstTry && { buildId: firstTryBuild('test') }),
    sinks: createRunSinks((run) => finished.push(run)),
    maxHeartbeatThrottleInterval: 100,
    defaultHeartbeatThrottleInterval: 100,
  });
  const task = acceptedTask(toInput(scenario));
  const started = await server.client.workflow.start('agentRun', startOptions(task, { taskQueue, eager: false }));
  await scenario.beforeWorker?.(started);
  const handle = await worker.runUntil(async () => {
    const ended = started.result().catch(() => undefined);
    await scenario.drive?.(started, activities);
    await ended;
    if (scenario.redeliver === undefined) return started;
    const facts = await readRun(server.client, task.runId);
    const again = facts && redeliveryOptions(facts, taskQueue, scenario.redeliver);
    if (again === undefined) throw new Error(`${task.runId} has nothing to send again`);
    const redelivery = await server.client.workflow.signalWithStart(REDELIVERY_WORKFLOW, again);
    await redelivery.result().catch(() => undefined);
    return redelivery;
  });
  return { server, runId: task.runId, handle, activities, finished };
}
