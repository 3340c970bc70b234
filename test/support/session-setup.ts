import type { TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { sessionTurns } from '../../src/activities/session-turns.ts';
import type { Activities, RunAgentInput } from '../../src/contract/activities.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import { deriveSessionId } from '../../src/contract/session-id.ts';
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from '../../src/contract/session.ts';
import { ProblemError } from '../../src/protocol/problems.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { toInput } from '../replay/scenarios.ts';
import { acceptedTask } from './run-scenario.ts';
import { setUpRunClient } from './run-client-setup.ts';
import { connectToTestServer } from './temporal-server.ts';

/** What a worker's agent has been asked, by session key. */
export class AgentLedger {
  /** Texts in the order in which their calls began. */
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  /** Calls that began while another one of the same key was at work. */
  readonly overlapped: string[] = [];
  readonly #atWork = new Map<string, number>();

  async work({ task }: RunAgentInput, work: () => Promise<void>): Promise<void> {
    const key = task.sessionKey ?? task.text;
    const atWork = this.#atWork.get(key) ?? 0;
    if (atWork > 0) this.overlapped.push(task.text);
    this.#atWork.set(key, atWork + 1);
    this.begun.push(task.text);
    try {
      await work();
    } finally {
      this.ended.push(task.text);
      this.#atWork.set(key, (this.#atWork.get(key) ?? 1) - 1);
    }
  }
}

export interface TaskOptions {
  readonly key?: string;
  readonly policy?: SessionPolicy;
  readonly runId?: string;
  readonly client?: string;
  /** With a callback that hangs. */
  readonly callback?: boolean;
}

/** Runs and sessions on the tests' server, whose agent does what a text says: `sleep <ms> …` or `hang …`. */
export async function setUpSessions(t: TestContext) {
  const server = await connectToTestServer();
  const { runs, taskQueue, calls } = await setUpRunClient(t);
  // Of this test alone: all tests share a namespace.
  const own = `ci-${randomRunId()}`;
  const ledger = new AgentLedger();
  const activities: Activities = {
    async runAgent(input) {
      await ledger.work(input, async () => {
        const context = Context.current();
        const [verb, ms = '0'] = input.task.text.split(' ');
        const beat = setInterval(() => context.heartbeat(), 100);
        try {
          await (verb === 'hang' ? context.cancelled : context.sleep(Number(ms)));
        } finally {
          clearInterval(beat);
        }
      });
      return { output: input.task.text };
    },
    async deliverCallback() {
      await Context.current().cancelled;
      throw new Error('unreachable');
    },
    reportDeadLetter: () => Promise.resolve(),
  };
  const startWorker = async (): Promise<{ stop: () => Promise<void> }> => {
    const worker = await Worker.create({
      connection: await server.connectNative(),
      namespace: server.namespace,
      taskQueue,
      ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']),
      activities: { ...activities, ...sessionTurns },
      sinks: createRunSinks(),
      maxHeartbeatThrottleInterval: 100,
      shutdownGraceTime: 0,
    });
    const running = worker.run();
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= (worker.shutdown(), running);
      return stopped;
    };
    t.after(stop);
    return { stop };
  };
  const plan = (text: string, options: TaskOptions = {}): AcceptedTask => {
    const { key = 'chat', policy = DEFAULT_SESSION_POLICY, client = own } = options;
    const input = toInput({
      ...(options.callback !== true && { target: 'none' }),
      input: {
        client,
        task: { text, sessionKey: key },
        ...(policy !== 'parallel' && {
          session: { id: deriveSessionId(client, key), ...(policy === 'interrupt' && { interrupts: true }) },
        }),
      },
      closes: '',
      reads: { status: '', callback: '' },
    });
    return { ...acceptedTask(input, options.runId), sessionPolicy: policy };
  };
  /** Sends a task until it is accepted, as a sender does. */
  const start = async (text: string, options?: TaskOptions): Promise<string> => {
    const task = plan(text, options);
    for (;;) {
      try {
        return (await runs.start(task)).run.id;
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== 'temporal_unavailable') throw error;
      }
    }
  };
  const statusOf = async (runId: string, seconds = 20): Promise<string> =>
    (await runs.wait(runId, own, seconds, AbortSignal.timeout(60_000))).status;
  return {
    client: own,
    session: deriveSessionId(own, 'chat'),
    server,
    runs,
    calls,
    taskQueue,
    ledger,
    startWorker,
    plan,
    start,
    statusOf,
  };
}
