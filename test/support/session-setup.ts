import type { TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { sessionTurns } from '../../src/activities/session/session-turns.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRunAgent } from '../../src/activities/run-agent.ts';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import type { Activities } from '../../src/contract/activities.ts';
import type { AgentPolicy } from '../../src/contract/agent-policy.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import { deriveCollectMark, deriveSessionId } from '../../src/contract/session-id.ts';
import { DEFAULT_SESSION_POLICY, type SessionPolicy, type SessionWishes } from '../../src/contract/session.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { scenarioPolicy } from '../replay/scenario-policy.ts';
import { toInput } from '../replay/scenarios.ts';
import { acceptedTask } from './run-scenario.ts';
import { setUpRunClient } from './run-client-setup.ts';
import { connectToTestServer } from './temporal-server.ts';

/** That of every scenario. */
const AGENT = 'demo';
const HANGS_MS = 600_000;
const HISTORY_BYTES = 200;
/** As `doomed-worker.ts` names its agent. */
export const DOOMED_AGENT = 'main';
/** No call of a test is over before its end. */
const POLICY = { ...scenarioPolicy(), attemptTimeoutMs: HANGS_MS, totalTimeoutMs: 2 * HANGS_MS };

/** What a worker's agent has been asked, by session key. */
export class AgentLedger {
  /** Texts in the order in which their calls began. */
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  /** The turns before that each call was told. */
  readonly told: string[][] = [];
  /** Calls that began while another one of the same key was at work. */
  readonly overlapped: string[] = [];
  readonly #atWork = new Map<string, number>();

  async work(key: string, text: string, work: () => Promise<void>): Promise<void> {
    const atWork = this.#atWork.get(key) ?? 0;
    if (atWork > 0) this.overlapped.push(text);
    this.#atWork.set(key, atWork + 1);
    this.begun.push(text);
    try {
      await work();
    } finally {
      this.ended.push(text);
      this.#atWork.set(key, (this.#atWork.get(key) ?? 1) - 1);
    }
  }
}

export interface TaskOptions {
  readonly key?: string;
  readonly policy?: SessionPolicy;
  readonly runId?: string;
  readonly client?: string;
  readonly userId?: string;
  /** The one of a doomed worker. Default: that of every scenario. */
  readonly agent?: typeof DOOMED_AGENT;
  readonly mostQueued?: number;
  readonly announcesItself?: true;
  /** For an agent without a memory. */
  readonly recalls?: NonNullable<SessionWishes['recalls']>;
  readonly agentPolicy?: Partial<AgentPolicy>;
  /** With a callback that hangs. */
  readonly callback?: boolean;
}

/** Runs and sessions on the tests' server, whose agent does what a text says: `sleep <ms> …`, `fail <ms> …` or `hang …`. */
export async function setUpSessions(t: TestContext) {
  const server = await connectToTestServer();
  const { runs, taskQueue, calls } = await setUpRunClient(t);
  // Of this test alone: all tests share a namespace.
  const own = `ci-${randomRunId()}`;
  const ledger = new AgentLedger();
  /** Does what its first word says. */
  const agent: Agent = {
    async run(text, { signal, sessionKey, runId, history }) {
      ledger.told.push((history ?? []).map((turn) => `${turn.role}: ${turn.text}`));
      await ledger.work(sessionKey, text, async () => {
        const [verb, ms = '0'] = text.split(' ');
        await sleep(verb === 'hang' ? HANGS_MS : Number(ms), undefined, { signal }).catch(() =>
          signal.throwIfAborted(),
        );
      });
      if (text.startsWith('fail')) throw new AgentError('TaskRefused', 'refused the task');
      return { output: text, usage: { inputTokens: runId.length } };
    },
  };
  const activities: Activities = {
    runAgent: createRunAgent({
      agents: new Map(
        [AGENT, DOOMED_AGENT].map((name) => [name, { agent, concurrency: 64, historyBytes: HISTORY_BYTES }]),
      ),
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    }),
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
        agent: options.agent ?? AGENT,
        agentPolicy: { ...POLICY, ...options.agentPolicy },
        task: { text, sessionKey: key, ...(options.userId !== undefined && { userId: options.userId }) },
        ...(policy !== 'parallel' && {
          session: {
            id: deriveSessionId(client, key),
            ...(policy === 'interrupt' && { interrupts: true }),
            ...(options.mostQueued !== undefined && { mostQueued: options.mostQueued }),
            ...(options.announcesItself && { announcesItself: true }),
            ...(options.recalls && { recalls: options.recalls }),
            ...(policy === 'collect' && {
              collects: { as: deriveCollectMark(AGENT, options.userId), bytes: Buffer.byteLength(text) },
            }),
          },
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
