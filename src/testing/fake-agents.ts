import { Context } from '@temporalio/activity';
import type { WorkerOptions } from '@temporalio/worker';
import { toActivityFailure, toInputFailure } from '../activities/activity-failure.ts';
import type { RetryDelays } from '../activities/agent/retry-plan.ts';
import { type Agent, type AgentContext, AgentError } from '../agents/agent.ts';
import { type Activities, DELIVER_CALLBACK_INPUT } from '../contract/activities.ts';
import type { FailureType } from '../contract/failures.ts';
import type { AgentAnswer, RunOutcome } from '../contract/run.ts';
import { readStored } from '../contract/stored.ts';
import { GarudustPlugin } from '../plugin.ts';
import { readWorkerParts } from '../stack/worker-parts.ts';

/** How a fake agent takes one call: with an answer, or with a failure of the failure table, which is retried as that table says. */
export type FakeAnswer = AgentAnswer | { readonly fail: FailureType };

/** Answers by the task; for tasks that run at once, whose order is not known. */
export type FakeReply = (text: string, context: AgentContext) => FakeAnswer | Promise<FakeAnswer>;

/** One task as a fake agent got it; a retry is a further call. */
export interface FakeCall {
  readonly agent: string;
  /** ID of the step in its workflow. */
  readonly id: string;
  readonly text: string;
  readonly sessionKey: string;
}

/** A callback as its receiver would have got it. */
export interface FakeCallback {
  readonly url: string;
  readonly runId: string;
  /** The `webhook-id`. */
  readonly deliveryId: string;
  /** Absent where it was sent again. */
  readonly outcome?: RunOutcome;
}

export interface FakeAgents {
  /** For `Worker.create`, in the place of `GarudustPlugin`. */
  readonly plugin: GarudustPlugin;
  /** In the order in which they came. */
  readonly calls: readonly FakeCall[];
  readonly callbacks: readonly FakeCallback[];
}

export interface FakeAgentsOptions {
  /** HTTP status of every callback; without a 2xx it fails at its first attempt. Default: 204. */
  readonly callbackStatus?: number;
}

/** No test waits for a retry. */
const AT_ONCE: RetryDelays = { retryDelay: 1, retryDelayAtFault: 1, retryDelayUnreachable: 1 };
const CONCURRENCY = 64;
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Agents with written answers, and callbacks that go nowhere, for tests of workflows. Everything between is the real thing: retries,
 * limits, cancellation and checks of input. It works with any server: `TestWorkflowEnvironment`, or `temporal server start-dev`.
 *
 * @param script by name of an agent: its answers in the order of its calls, or a function. A call beyond the last answer fails the task
 * @example
 * const fake = fakeAgents({ writer: [{ output: 'A draft' }, { output: 'A better one', usage: { outputTokens: 20 } }] });
 * const worker = await Worker.create({ connection, taskQueue, workflowsPath, plugins: [fake.plugin] });
 * await worker.runUntil(client.workflow.execute(twoSteps, { taskQueue, workflowId, args: ['Queues'] }));
 * assert.deepEqual(fake.calls.map(({ id }) => id), ['draft', 'revision']);
 */
export function fakeAgents(
  script: Readonly<Record<string, readonly FakeAnswer[] | FakeReply>>,
  { callbackStatus = 204 }: FakeAgentsOptions = {},
): FakeAgents {
  const calls: FakeCall[] = [];
  const callbacks: FakeCallback[] = [];
  const agents = Object.entries(script).map(([name, answers]) => {
    const agent = createFake(name, answers, calls);
    return [name, { agent, concurrency: CONCURRENCY, delays: AT_ONCE }] as const;
  });
  const plugin = new FakePlugin(new Map(agents), async (value) => {
    const read = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const { url, runId, deliveryId, outcome } = read.input;
    callbacks.push({ url, runId, deliveryId, ...(outcome && { outcome }) });
    const at = new Date().toISOString();
    if (callbackStatus >= 200 && callbackStatus < 300) {
      return { statusCode: callbackStatus, attempts: 1, deliveredAt: at };
    }
    const details = { errorClass: 'status', at, durationMs: 0, statusCode: callbackStatus };
    throw toActivityFailure('CallbackFailed', `The fake receiver answered with ${callbackStatus}.`, { details });
  });
  return { plugin, calls, callbacks };
}

function createFake(name: string, answers: readonly FakeAnswer[] | FakeReply, calls: FakeCall[]): Agent {
  let asked = 0;
  return {
    async run(text, context) {
      const { activityId: id } = Context.current().info;
      calls.push({ agent: name, id, text, sessionKey: context.sessionKey });
      asked += 1;
      const answer = typeof answers === 'function' ? await answers(text, context) : answers[asked - 1];
      if (answer === undefined) {
        const fix = `Add an answer to fakeAgents({ ${name}: […] }) for: ${text.slice(0, 200)}`;
        throw new AgentError('TaskRefused', `has ${asked - 1} answers in its script, and was called once more`, {
          fix,
        });
      }
      if ('fail' in answer) throw new AgentError(answer.fail, `failed with ${answer.fail}, as its script says`);
      return answer;
    },
  };
}

type Agents = ReturnType<typeof readWorkerParts>['agents'];

/** The plugin with other agents and callbacks. */
class FakePlugin extends GarudustPlugin {
  readonly #deliverCallback: Activities['deliverCallback'];

  constructor(agents: Agents, deliverCallback: Activities['deliverCallback']) {
    super({}, () => ({ ...readWorkerParts({ agents: {} }, QUIET), agents, shutdownGrace: 0 }));
    this.#deliverCallback = deliverCallback;
  }

  override async configureWorker(options: WorkerOptions): Promise<WorkerOptions> {
    const configured = await super.configureWorker(options);
    const ours: Partial<Activities> = {
      deliverCallback: this.#deliverCallback,
      reportDeadLetter: () => Promise.resolve(),
    };
    return { ...configured, activities: { ...configured.activities, ...ours } };
  }
}
