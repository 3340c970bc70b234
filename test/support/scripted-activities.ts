import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type {
  Activities,
  AgentProgress,
  DeliverCallbackInput,
  ReportDeadLetterInput,
  RunAgentInput,
} from '../../src/contract/activities.ts';
import { DEFAULT_AGENT_POLICY } from '../../src/contract/agent-policy.ts';
import { DEFERRED, type FirstTry, type FirstTryActivities } from '../../src/contract/first-try.ts';
import type { DeliverQuestionInput, QuestionActivities } from '../../src/contract/question-activities.ts';
import type { CallbackReceipt } from '../../src/contract/run.ts';
import type { SessionActivities } from '../../src/contract/session.ts';
import type { FailureType } from '../../src/contract/failures.ts';

/** What one attempt of an activity does. */
export type Step =
  | 'succeed'
  /** Works until it is canceled. */
  | 'hang'
  /** Works until it is canceled, and succeeds all the same. */
  | 'outlast'
  /** Succeeds after a second, unless it is canceled before. */
  | 'slow'
  /** Fails so that the next attempt comes at once, or after the delay; `afterMs` is how long it works before. */
  | {
      readonly retry: FailureType;
      readonly statusCode?: number;
      readonly delayMs?: number;
      readonly afterMs?: number;
    }
  /** Fails for good. */
  | { readonly fail: FailureType; readonly statusCode?: number };

/** What the attempts of each activity do, in their order. */
export interface Script {
  readonly agent?: readonly Step[];
  readonly callback?: readonly Step[];
  /** Of callbacks about questions. */
  readonly question?: readonly Step[];
  /** What the first try of the callback comes to. Default: the worker makes none. */
  readonly firstTry?: FirstTry['is'];
}

/** The time in the body of a first try that failed: of a workflow task that was lost. */
export const SENT_BEFORE = '2026-01-31T11:59:59.000Z';

/** Activities that do what a test wrote down, attempt by attempt; past the end of a list they succeed. */
export class ScriptedActivities implements Activities {
  readonly agentCalls: RunAgentInput[] = [];
  readonly deliveries: DeliverCallbackInput[] = [];
  readonly reports: ReportDeadLetterInput[] = [];
  readonly firstTries: DeliverCallbackInput[] = [];
  readonly questions: DeliverQuestionInput[] = [];
  readonly #script: Script;
  /** Called before a callback fails and is to be tried again, as the real activity signals its workflow. */
  onRetry: (workflowId: string) => Promise<void> = () => Promise.resolve();

  constructor(script: Script = {}) {
    this.#script = script;
  }

  /** What a worker registers: own functions, for methods of a prototype would lose `this`. */
  toRegister(): Activities &
    QuestionActivities &
    Pick<SessionActivities, 'shareAnswer' | 'askForTurn'> &
    Partial<FirstTryActivities> {
    return {
      // No session is there: a scenario gives the turn.
      askForTurn: () => Promise.resolve(),
      // As if the other run had had the task of every scenario.
      shareAnswer: () => Promise.resolve({ output: 'done: Summarise why deployment 4312 failed' }),
      runAgent: (input) => this.runAgent(input),
      deliverCallback: (input) => this.deliverCallback(input),
      reportDeadLetter: (input) => this.reportDeadLetter(input),
      deliverQuestion: (input) => this.deliverQuestion(input),
      linkQuestion: ({ runId, asked }) => Promise.resolve(`https://agents.example.com/answers/${runId}.${asked.id}`),
      ...(this.#script.firstTry && { tryCallback: (input: DeliverCallbackInput) => this.tryCallback(input) }),
    };
  }

  tryCallback(input: DeliverCallbackInput): Promise<FirstTry> {
    this.firstTries.push(input);
    const now = new Date();
    const { outcome, ...delivery } = input;
    switch (this.#script.firstTry) {
      case 'delivered': {
        if (outcome === undefined) throw new Error('a first try without an outcome');
        const { output, ...told } = outcome;
        return Promise.resolve({
          is: 'delivered',
          receipt: { statusCode: 202, attempts: 1, deliveredAt: now.toISOString() },
          delivery: {
            ...delivery,
            outcome: outcome.status === 'completed' ? told : { ...told, ...(output && { output }) },
          },
        });
      }
      case 'failed': {
        const fault = { type: 'CallbackFailed', final: false, errorClass: 'status', statusCode: 503 } as const;
        const message = 'ci.example.com answered 503: check the receiver.';
        const tried = { ...fault, message, durationMs: 3, at: now.getTime() };
        return Promise.resolve({ is: 'failed', tried, finishedAt: SENT_BEFORE });
      }
      default:
        return Promise.resolve(DEFERRED);
    }
  }

  async runAgent(input: RunAgentInput): Promise<{ output: string; usage: { inputTokens: number } }> {
    this.agentCalls.push(input);
    const paidAttempts = this.agentCalls.length;
    const progress: AgentProgress = {
      paidAttempts,
      maxAttempts: input.policy?.maxAttempts ?? DEFAULT_AGENT_POLICY.maxAttempts,
      agentFaults: 0,
      progress: 'reading the task',
    };
    const step = this.#script.agent?.[paidAttempts - 1] ?? 'succeed';
    if (typeof step === 'object' && 'retry' in step) await sleep(step.afterMs ?? 0);
    await this.#take(step, progress);
    return { output: `done: ${input.task.text}`, usage: { inputTokens: 7 } };
  }

  async deliverCallback(
    input: DeliverCallbackInput,
  ): Promise<{ statusCode: number; attempts: number; deliveredAt: string }> {
    this.deliveries.push(input);
    const step = this.#script.callback?.[this.deliveries.length - 1] ?? 'succeed';
    const { info } = Context.current();
    const { workflowId } = info.workflowExecution ?? {};
    if (typeof step === 'object' && 'retry' in step && info.attempt === 1 && workflowId !== undefined) {
      await sleep(step.afterMs ?? 0);
      await this.onRetry(workflowId);
    }
    await this.#take(step, undefined);
    return { statusCode: 200, attempts: info.attempt, deliveredAt: new Date().toISOString() };
  }

  async deliverQuestion(input: DeliverQuestionInput): Promise<CallbackReceipt> {
    this.questions.push(input);
    await this.#take(this.#script.question?.[this.questions.length - 1] ?? 'succeed', undefined);
    return { statusCode: 200, attempts: Context.current().info.attempt, deliveredAt: new Date().toISOString() };
  }

  reportDeadLetter(input: ReportDeadLetterInput): Promise<void> {
    this.reports.push(input);
    return Promise.resolve();
  }

  async #take(step: Step, progress: AgentProgress | undefined): Promise<void> {
    const context = Context.current();
    context.heartbeat(progress);
    if (step === 'succeed') return;
    if (step === 'hang' || step === 'outlast' || step === 'slow') {
      const beat = setInterval(() => context.heartbeat(progress), 100);
      try {
        await (step === 'slow' ? context.sleep(1000) : context.cancelled);
      } catch (error) {
        if (step !== 'outlast') throw error;
      } finally {
        clearInterval(beat);
      }
    } else if ('retry' in step) throw toFailure(step.retry, step.statusCode, step.delayMs ?? 10);
    else throw toFailure(step.fail, step.statusCode);
  }
}

function toFailure(type: FailureType, statusCode: number | undefined, nextRetryDelay?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message: `scripted ${type}`,
    nonRetryable: nextRetryDelay === undefined,
    ...(nextRetryDelay !== undefined && { nextRetryDelay }),
    details: [{ errorClass: 'status', at: new Date().toISOString(), durationMs: 1, ...(statusCode && { statusCode }) }],
  });
}
