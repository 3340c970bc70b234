import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { type BundlerPlugin, bundleWorkflowCode, Worker } from '@temporalio/worker';
import { runMemo } from '../../src/contract/describe-run.ts';
import { type FirstTry, firstTryBuild } from '../../src/contract/first-try.ts';
import { SIGNAL } from '../../src/contract/names.ts';
import type { InputAnswer } from '../../src/contract/question.ts';
import type { OwnRunInput } from '../../src/contract/run.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import { startOptions } from '../../src/runs/kinds/start-options.ts';
import { endingMisfits } from '../../src/worker/own-modules.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { bundleWithOurs, WORKFLOWS_PATH } from '../../src/worker/workflow-bundle.ts';
import { answerPerson, untilAsked } from './answer-person.ts';
import { ScriptedActivities, type Step } from './scripted-activities.ts';
import { connectToTestServer, uniqueTaskQueue } from './temporal-server.ts';

const at = (name: string): string => fileURLToPath(new URL(`../workflows/fixtures/own/${name}.ts`, import.meta.url));

/** Workflows of a team, as the settings name them. */
export const OWN = Object.fromEntries(
  ['triage', 'typed', 'bad', 'counts', 'changes', 'asks'].map((name) => [name, at(name)]),
);

const plugin: BundlerPlugin = { name: 'own', configureBundler: (options) => bundleWithOurs(options, OWN) };

/** What a worker serves them with. */
export const OWN_SOURCE = { workflowsPath: WORKFLOWS_PATH, plugins: [plugin], ...endingMisfits({} as never, OWN) };
/** Made once: it takes seconds. */
let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

/** One way through a run of a team's workflow. Each has a recorded history. */
export interface OwnScenario extends Pick<OwnRunInput, 'workflow' | 'approval'> {
  readonly input?: unknown;
  readonly agent?: readonly Step[];
  readonly callback?: readonly Step[];
  readonly withCallback?: true;
  /** What the first try of the callback comes to, within a workflow task. Default: there is none. */
  readonly firstTry?: FirstTry['is'];
  /** What a person answers, where the run asks for approval. */
  readonly answer?: InputAnswer;
  /** Whether its receiver wants to know of questions. */
  readonly tellsQuestions?: true;
  /** Cancels the run while its agent works, or while it asks. */
  readonly canceled?: true | 'while asking';
}

const CALLBACK = {
  url: 'https://ci.example.com/done',
  retryDelaysMs: [100],
  attemptTimeoutMs: 1000,
  deadLetterMs: 500,
};

/** Plays one to its end. */
export async function runOwn(
  t: Pick<TestContext, 'name'>,
  scenario: OwnScenario,
): Promise<{ readonly handle: WorkflowHandle; readonly activities: ScriptedActivities }> {
  const { workflow, withCallback, tellsQuestions, canceled, approval, answer } = scenario;
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const activities = new ScriptedActivities(scenario);
  activities.onRetry = (workflowId) => server.client.workflow.getHandle(workflowId).signal(SIGNAL.callbackRetrying);
  const input: OwnRunInput = {
    workflow,
    ...('input' in scenario && { input: scenario.input }),
    task: { text: 'do it' },
    client: 'default',
    source: 'webhook',
    ...(withCallback && { callback: { ...CALLBACK, ...(tellsQuestions && { tellsQuestions }) } }),
    ...(approval && { approval }),
  };
  const worker = await Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    workflowBundle: await (bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, plugins: [plugin] })),
    ...endingMisfits({} as never, OWN),
    activities: activities.toRegister(),
    ...(scenario.firstTry && { buildId: firstTryBuild('test') }),
    sinks: createRunSinks(),
    maxHeartbeatThrottleInterval: 100,
    // Each workflow task replays the history, which must lead to the same steps.
    maxCachedWorkflows: 0,
  });
  return worker.runUntil(async () => {
    const plan = { runId: randomRunId(), input, memo: runMemo(input) };
    const handle = await server.client.workflow.start(workflow, startOptions(plan, { taskQueue, eager: false }));
    if (answer) {
      await untilAsked(handle);
      // Who is told has it by then.
      await sleep(300);
      await answerPerson(handle, answer);
    }
    if (canceled === 'while asking') {
      await untilAsked(handle);
      await handle.cancel();
    } else if (canceled) {
      while (activities.agentCalls.length === 0) await sleep(5);
      await handle.cancel();
    }
    await handle.result().catch(() => undefined);
    return { handle: server.client.workflow.getHandle(plan.runId), activities };
  });
}
