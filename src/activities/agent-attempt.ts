import { Context } from '@temporalio/activity';
import { type AgentProgress, readAgentProgress, type RunAgentInput } from '../contract/activities.ts';
import { type FailureType, failureClass } from '../contract/failures.ts';
import type { AgentAnswer } from '../contract/run.ts';
import { type ActivityLogger, isWorkerShutdown, nameOf, timeLeft } from './activity.ts';
import { toAgentFailure } from './activity-failure.ts';
import { type Agent, type AgentContext, AgentError } from '../agents/agent.ts';
import { callAgent } from './call-agent.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Permit, Semaphore } from './semaphore.ts';
import { isFree, planRetry, type RetryDelays, type RetryPlan } from './retry-plan.ts';
import { toLine } from '../values/plain-text.ts';

/** An agent with the semaphore that all runs of this worker share. */
export interface GuardedAgent {
  readonly agent: Agent;
  readonly semaphore: Semaphore;
}

/** How an attempt ended. */
export type AttemptOutcome = 'answered' | 'canceled' | FailureType;

/** The metrics of `runAgent`. */
export interface AgentMetrics {
  /** An attempt ended; the seconds count from the call of the agent, and are 0 without a call. */
  attemptEnded(labels: { agent: string; outcome: AttemptOutcome }, seconds: number): void;
  /** A permit of an agent was requested, granted or released. */
  permitsChanged(labels: { agent: string }, permits: { taken: number; waiting: number }): void;
}

/** How to fix a failure of one agent, by type. */
export type AgentFixes = Readonly<Partial<Record<FailureType, string>>>;

export interface AttemptDeps {
  readonly logger: ActivityLogger;
  readonly metrics?: AgentMetrics;
  readonly delays: RetryDelays;
  readonly fixes: AgentFixes;
  readonly heartbeat: Heartbeat;
}

/** An attempt ends this long before Temporal's timeout, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_PROGRESS = 200;
const NO_PERMIT = 'was at its concurrency limit until the total timeout';

/** One attempt of `runAgent`. It inherits the counts of earlier attempts and passes them on to later ones. */
export class AgentAttempt {
  readonly #deps: AttemptDeps;
  readonly #input: RunAgentInput;
  readonly #activity = Context.current();
  readonly #leftMs = timeLeft(this.#activity.info);
  #counts: AgentProgress;
  #calledAt: number | undefined;

  constructor(deps: AttemptDeps, input: RunAgentInput) {
    this.#deps = deps;
    this.#input = input;
    this.#counts = readAgentProgress(this.#activity.info.heartbeatDetails, input.policy.maxAttempts);
  }

  /**
   * @param guarded undefined when no agent has this name
   * @throws ApplicationFailure; CancelledFailure.
   */
  async run(guarded: GuardedAgent | undefined): Promise<AgentAnswer> {
    const { paidAttempts, maxAttempts } = this.#counts;
    // The last paid call never reported back: its worker crashed, or lost its connection to Temporal.
    if (paidAttempts >= maxAttempts) {
      const lost = new AgentError('WorkerCrashed', 'was called, but its worker was lost');
      throw this.#fail(lost, { retry: false, because: 'calls_used_up' });
    }
    try {
      if (guarded === undefined) throw new AgentError('AgentMisconfigured', 'is not configured on this worker');
      const answer = await this.#ask(guarded);
      this.#ended('answered');
      return answer;
    } catch (error) {
      throw this.#judge(error);
    }
  }

  async #ask({ agent, semaphore }: GuardedAgent): Promise<AgentAnswer> {
    const { task } = this.#input;
    const permit = await this.#takePermit(semaphore);
    const timeoutMs = Math.min(this.#input.policy.attemptTimeoutMs, this.#leftMs() - BEFORE_THE_END_MS);
    if (timeoutMs <= 0) {
      permit.release();
      throw this.#timeout(NO_PERMIT);
    }
    const clock = startClock(timeoutMs, this.#timeout(`did not answer within ${inSeconds(timeoutMs)}`));
    // Counted before the call, so that a crash during the call counts.
    this.#counts = { ...this.#counts, paidAttempts: this.#counts.paidAttempts + 1 };
    this.#beat();
    this.#calledAt = performance.now();
    try {
      const signal = AbortSignal.any([this.#activity.cancellationSignal, clock.signal]);
      return await callAgent(agent, task.text, this.#toContext(timeoutMs, signal), () => permit.release());
    } finally {
      clock.stop();
    }
  }

  async #takePermit(semaphore: Semaphore): Promise<Permit> {
    const labels = { agent: this.#input.agent };
    const notify = (): void => this.#deps.metrics?.permitsChanged(labels, semaphore);
    const permit = semaphore.tryAcquire() ?? (await this.#waitForPermit(semaphore, notify));
    notify();
    return {
      release: () => {
        permit.release();
        notify();
      },
    };
  }

  async #waitForPermit(semaphore: Semaphore, notify: () => void): Promise<Permit> {
    this.#beat(`waiting for one of ${semaphore.size} permits`);
    const clock = startClock(this.#leftMs() - BEFORE_THE_END_MS, this.#timeout(NO_PERMIT));
    const taken = semaphore.acquire(AbortSignal.any([this.#activity.cancellationSignal, clock.signal]));
    notify();
    try {
      return await taken;
    } finally {
      clock.stop();
    }
  }

  #toContext(timeoutMs: number, signal: AbortSignal): AgentContext {
    const { client, task, policy } = this.#input;
    const runId = this.#activity.info.workflowExecution?.workflowId ?? this.#activity.info.activityId;
    return {
      runId,
      call: this.#counts.paidAttempts,
      sessionKey: task.sessionKey === undefined ? runId : `${client}:${task.sessionKey}`,
      ...(task.userId !== undefined && { userId: task.userId }),
      ...(task.userName !== undefined && { userName: task.userName }),
      ...(task.metadata !== undefined && { metadata: task.metadata }),
      timeoutMs,
      maxAnswerBytes: policy.maxAnswerBytes,
      signal,
      report: (progress) => this.#beat(progress),
    };
  }

  #beat(progress?: string): void {
    const line = progress === undefined ? '' : toLine(progress, MAX_PROGRESS);
    this.#deps.heartbeat.beat({ ...this.#counts, ...(line !== '' && { progress: line }) });
  }

  #judge(error: unknown): Error {
    const { cancellationSignal: signal } = this.#activity;
    if (signal.aborted && error === signal.reason) {
      if (!isWorkerShutdown(this.#activity)) {
        this.#ended('canceled');
        // The signal's own reason: by it the SDK distinguishes a pause and a reset from a cancel.
        return signal.reason as Error;
      }
      return this.#fail(new AgentError('WorkerStopped', 'was interrupted because its worker is shutting down'));
    }
    if (error instanceof AgentError) return this.#fail(error);
    // Without its message, which may quote the agent.
    this.#deps.logger.error({ ...this.#labels(), error: nameOf(error) }, 'agent adapter threw an unexpected error');
    return this.#fail(new AgentError('AgentFailed', 'failed with an unknown error'));
  }

  #fail(error: AgentError, known?: RetryPlan): Error {
    const { type, statusCode, retryAfterMs, fix, message: what } = error;
    const kind = failureClass(type);
    const wasPaid = this.#calledAt !== undefined;
    this.#counts = {
      ...this.#counts,
      paidAttempts: this.#counts.paidAttempts - (wasPaid && isFree(kind) ? 1 : 0),
      agentFaults: this.#counts.agentFaults + (kind === 'agent' ? 1 : 0),
    };
    this.#beat();
    const { attemptTimeoutMs } = this.#input.policy;
    const leftMs = this.#leftMs();
    const { delays, fixes } = this.#deps;
    const plan = known ?? planRetry({ ...this.#counts, type, retryAfterMs, leftMs, attemptTimeoutMs, delays });
    this.#ended(type);
    const log = { ...this.#labels(), type, statusCode, ...this.#counts, ...plan };
    if (kind === 'agent') this.#deps.logger.warn(log, 'agent attempt failed: the agent is at fault');
    else this.#deps.logger.info(log, 'agent attempt failed');
    const { paidAttempts, maxAttempts } = this.#counts;
    return toAgentFailure(
      this.#input.agent,
      { type, what, statusCode },
      { paidAttempts, maxAttempts },
      plan,
      fix ?? fixes[type],
    );
  }

  #ended(outcome: AttemptOutcome): void {
    const seconds = this.#calledAt === undefined ? 0 : (performance.now() - this.#calledAt) / 1000;
    this.#deps.metrics?.attemptEnded({ agent: this.#input.agent, outcome }, seconds);
  }

  #timeout(what: string): AgentError {
    return new AgentError('AgentTimeout', what);
  }

  #labels(): object {
    return { agent: this.#input.agent, runId: this.#activity.info.workflowExecution?.workflowId };
  }
}

/** A signal that aborts with a reason when the time is up. */
function startClock(ms: number, reason: Error): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), Math.min(Math.max(ms, 0), MAX_TIMER_MS));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function inSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}
