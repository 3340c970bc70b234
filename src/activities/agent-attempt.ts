import { CompleteAsyncError, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { type AgentProgress, readAgentProgress, type RunAgentInput } from '../contract/activities.ts';
import { FAILURE_CLASSES, type FailureType, failureClass } from '../contract/failures.ts';
import type { AgentPolicy } from '../contract/agent-policy.ts';
import type { AgentAnswer } from '../contract/run.ts';
import { attemptTimeLeft, nameOf, timeLeft, timeSpent } from './activity.ts';
import { toAgentFailure } from './activity-failure.ts';
import { type Agent, type AgentContext, AgentError } from '../agents/agent.ts';
import { AgentCall } from './agent-calls.ts';
import { announceWait, type OnAgentWait } from './announce-wait.ts';
import { type AgentMetrics, AttemptReport } from './attempt-report.ts';
import { callAgent } from './call-agent.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { AgentAdmission, CallPermit } from './agent-admission.ts';
import { firstDelay, neededMs, planRetry, type RetryDelays, type RetryPlan } from './retry-plan.ts';
import { inWords, takeTurn } from './take-turn.ts';
import type { Ticket } from './waiting-line.ts';
import { traceCall } from './trace-call.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { sessionKeyOf } from './session-key.ts';
import { Interruption, readInterruption } from './interruption.ts';
import { activityKeyOf } from './journal/journal-entry.ts';
import { followCall, type FollowDeps } from './follow-call.ts';
import { toLine } from '../values/plain-text.ts';

/** An agent with the admission that all runs of this worker share. */
export interface GuardedAgent {
  readonly agent: Agent;
  /** The agent's type. */
  readonly provider: string;
  readonly admission: AgentAdmission;
}

/** How to fix a failure of one agent, by type. */
export type AgentFixes = Readonly<Partial<Record<FailureType, string>>>;

export interface AttemptDeps extends Omit<FollowDeps, 'onProgress'> {
  readonly metrics?: AgentMetrics;
  readonly tracing: Tracing;
  readonly delays: RetryDelays;
  readonly fixes: AgentFixes;
  readonly heartbeat: Heartbeat;
  /** The run is about to wait long for an agent at fault. Default: nobody is told. */
  readonly onAgentWait?: OnAgentWait;
  /** The total timeout where Temporal's is longer. */
  readonly totalMs: number;
  /** As `callAgent` takes it. */
  readonly maxPayloadBytes?: number | undefined;
}

/** A task with its whole policy. */
export interface AgentTask extends RunAgentInput {
  readonly policy: AgentPolicy;
}

/** An attempt ends this long before Temporal's timeout, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_PROGRESS = 200;

/** One attempt of `runAgent`. It inherits the counts of earlier attempts and passes them on to later ones. */
export class AgentAttempt {
  readonly #deps: AttemptDeps;
  readonly #report: AttemptReport;
  readonly #input: AgentTask;
  readonly #activity = Context.current();
  readonly #key = activityKeyOf(this.#activity.info);
  readonly #leftMs: () => number;
  readonly #attemptLeftMs = attemptTimeLeft(this.#activity.info);
  readonly #spentMs = timeSpent(this.#activity.info);
  readonly #beganAtMs = Math.floor(this.#spentMs());
  #admission: AgentAdmission | undefined;
  #counts: AgentProgress;
  /** The call that ended, here or in the attempt before. */
  #endedCall: string | undefined;

  constructor(deps: AttemptDeps, input: AgentTask) {
    this.#deps = deps;
    this.#leftMs = timeLeft(this.#activity.info, deps.totalMs);
    this.#report = new AttemptReport(deps, this.#activity, input);
    this.#input = input;
    const { ended, ...counts } = readAgentProgress(this.#activity.info.heartbeatDetails, input.policy.maxAttempts);
    this.#counts = counts;
    this.#endedCall = ended;
  }

  /**
   * @param guarded or why there is no agent
   * @throws ApplicationFailure; CancelledFailure; CompleteAsyncError when a later attempt takes over.
   */
  async run(guarded: GuardedAgent | AgentError): Promise<AgentAnswer> {
    this.#admission = guarded instanceof AgentError ? undefined : guarded.admission;
    const call = this.#deps.calls.find(this.#key, this.#endedCall);
    const { paidAttempts, maxAttempts } = this.#counts;
    // The last paid call never reported back: its worker crashed, or lost its connection to Temporal.
    if (call === undefined && paidAttempts >= maxAttempts) {
      const lost = new AgentError('WorkerCrashed', 'was called, but contact with its worker was lost');
      throw this.#fail(lost, { retry: false, because: 'calls_used_up' });
    }
    try {
      const answer = await this.#follow(call ?? (await this.#begin(guarded)));
      this.#report.answered(answer);
      return answer;
    } catch (error) {
      const failure = this.#judge(error);
      await this.#announce(failure);
      throw failure;
    }
  }

  /** Calls the agent. */
  async #begin(guarded: GuardedAgent | AgentError): Promise<AgentCall> {
    if (guarded instanceof AgentError) throw guarded;
    const { agent, provider, admission } = guarded;
    const permit = await this.#takePermit(admission);
    const earlier = this.#deps.calls.find(this.#key, this.#endedCall);
    if (earlier !== undefined) {
      permit.release();
      return earlier;
    }
    const { timeoutMs, late } = this.#callTimeout();
    const clock = startClock(timeoutMs, late);
    // Counted before the call, so that a crash during the call counts.
    this.#counts = { ...this.#counts, paidAttempts: this.#counts.paidAttempts + 1, queuedAtMs: undefined };
    this.#beat();
    const call = new AgentCall(this.#counts, async (signal, report) => {
      const context = this.#toContext(timeoutMs, AbortSignal.any([signal, clock.signal]), report);
      try {
        const { agent: name, task } = this.#input;
        const { tracing, maxPayloadBytes } = this.#deps;
        const answer = await traceCall(tracing, { agent: name, provider, runId: context.runId }, (traceHeaders) =>
          callAgent(agent, task.text, { ...context, ...traceHeaders }, () => permit.release(), maxPayloadBytes),
        );
        permit.accepted();
        return answer;
      } catch (error) {
        this.#tellOthers(permit, error);
        throw error;
      } finally {
        clock.stop();
      }
    });
    this.#deps.calls.add(this.#key, call);
    this.#report.asked(this.#counts.paidAttempts);
    return call;
  }

  /** How long a call may take: within the policy, the total timeout, and the timeout of an attempt that the workflow's code set. */
  #callTimeout(): { readonly timeoutMs: number; readonly late: AgentError } {
    const { startToCloseTimeoutMs: setMs } = this.#activity.info;
    const ownMs = Math.min(this.#input.policy.attemptTimeoutMs, this.#leftMs() - BEFORE_THE_END_MS);
    const attemptMs = this.#attemptLeftMs() - Math.min(BEFORE_THE_END_MS, setMs / 10);
    const timeoutMs = Math.min(ownMs, attemptMs);
    const fix = `The activity's startToCloseTimeout of ${inWords(setMs)} ended the call: raise it, or leave it out.`;
    const late = `did not answer within ${inWords(timeoutMs)}`;
    return { timeoutMs, late: new AgentError('AgentTimeout', late, attemptMs < ownMs ? { fix } : {}) };
  }

  /** Waits for the end of a call that this attempt or an earlier one started. */
  async #follow(call: AgentCall): Promise<AgentAnswer> {
    const isOwn = this.#counts === call.counts;
    this.#report.calledAt = call.startedAt;
    this.#counts = call.counts;
    if (!isOwn || call.progress !== undefined) this.#beat(call.progress);
    try {
      return await followCall(call, this.#activity, {
        ...this.#deps,
        onProgress: (progress) => this.#beat(progress),
      });
    } finally {
      this.#endedCall = call.id;
    }
  }

  /** What a failed call says about the agent is for all of its runs. */
  #tellOthers(permit: CallPermit, error: unknown): void {
    if (!(error instanceof AgentError)) return;
    const { type, message: what, statusCode, retryAfterMs } = error;
    const { pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    if (!pausesAgent) permit.accepted();
    if (pausesAgent || retryAfterMs !== undefined) {
      permit.refused({ type, what, statusCode }, firstDelay(type, this.#deps.delays), retryAfterMs);
    }
  }

  async #takePermit(admission: AgentAdmission): Promise<CallPermit> {
    const { info, cancellationSignal: signal } = this.#activity;
    const turn = await takeTurn(admission, {
      ticket: this.#ticket(),
      policy: this.#input.policy,
      queuedAtMs: this.#counts.queuedAtMs,
      spentMs: this.#spentMs,
      leftMs: this.#leftMs,
      // Where Temporal counts the attempts, handing back would use them up.
      mayLeave: !info.isLocal && (info.retryPolicy?.maximumAttempts ?? 0) === 0,
      signal,
      onWait: () => this.#queue(admission),
    });
    if (turn.is === 'permit') return turn.permit;
    if (turn.is === 'over') throw new PlannedFailure(turn.why, { retry: false, because: 'final' });
    if (turn.queued) this.#queue(admission);
    else if (this.#counts.queuedAtMs !== undefined) {
      this.#counts = { ...this.#counts, queuedAtMs: undefined };
      this.#beat();
    }
    throw new PlannedFailure(turn.why, { retry: true, delayMs: turn.delayMs });
  }

  /** The wait begins, or goes on: heartbeat details outlive attempts. */
  #queue({ concurrency }: AgentAdmission): void {
    if (this.#counts.queuedAtMs !== undefined) return;
    this.#counts = { ...this.#counts, queuedAtMs: this.#beganAtMs };
    this.#beat(`waiting for one of ${concurrency} permits`);
  }

  #ticket(): Ticket {
    const { workflowExecution, activityRunId, activityId, scheduledTimestampMs: since } = this.#activity.info;
    return { key: `${workflowExecution?.runId ?? activityRunId}/${activityId}`, since };
  }

  #toContext(timeoutMs: number, signal: AbortSignal, report: AgentContext['report']): AgentContext {
    const { task, policy } = this.#input;
    const { info } = this.#activity;
    const runId = info.workflowExecution?.workflowId ?? info.activityId;
    return {
      runId,
      call: this.#counts.paidAttempts,
      sessionKey: sessionKeyOf(this.#input, info),
      ...(task.userId !== undefined && { userId: task.userId }),
      ...(task.userName !== undefined && { userName: task.userName }),
      ...(task.metadata !== undefined && { metadata: task.metadata }),
      timeoutMs,
      maxAnswerBytes: policy.maxAnswerBytes,
      signal,
      report,
    };
  }

  #beat(progress?: string): void {
    const line = progress === undefined ? '' : toLine(progress, MAX_PROGRESS);
    const { queuedAtMs, ...counts } = this.#counts;
    const queued = queuedAtMs === undefined ? {} : { queuedAtMs };
    const ended = this.#endedCall === undefined ? {} : { ended: this.#endedCall };
    this.#deps.heartbeat.beat({ ...counts, ...queued, ...ended, ...(line !== '' && { progress: line }) });
  }

  #judge(error: unknown): Error {
    if (error instanceof CompleteAsyncError) return error;
    const { cancellationSignal: signal } = this.#activity;
    const isOwn = signal.aborted && error === signal.reason;
    const by = error instanceof Interruption ? error.by : isOwn ? readInterruption(this.#activity) : undefined;
    switch (by) {
      case undefined:
        break;
      case 'shutdown':
        return this.#fail(new AgentError('WorkerStopped', 'was interrupted because its worker is shutting down'));
      case 'pause':
      case 'reset':
        return this.#fail(new AgentError('AttemptInterrupted', `was interrupted by an operator's ${by}`));
      default:
        this.#report.canceled();
        return signal.aborted ? (signal.reason as Error) : new CancelledFailure('CANCELLED');
    }
    if (error instanceof PlannedFailure) return this.#failAsPlanned(error);
    if (error instanceof AgentError) return this.#fail(error);
    this.#report.threw(nameOf(error));
    return this.#fail(new AgentError('AgentFailed', 'failed with an unknown error'));
  }

  #fail(error: AgentError, known?: RetryPlan): Error {
    const { type, retryAfterMs } = error;
    const { paid, pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    const wasPaid = this.#report.calledAt !== undefined;
    this.#counts = {
      ...this.#counts,
      paidAttempts: this.#counts.paidAttempts - (wasPaid && !paid ? 1 : 0),
      agentFaults: this.#counts.agentFaults + (pausesAgent ? 1 : 0),
    };
    this.#beat();
    const plan = known ?? this.#plan(type, retryAfterMs);
    this.#report.failed(error, plan, this.#counts);
    return this.#toFailure(error, plan);
  }

  #plan(type: FailureType, retryAfterMs: number | undefined): RetryPlan {
    const { attemptTimeoutMs } = this.#input.policy;
    const leftMs = this.#leftMs();
    const { pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    const turnMs = pausesAgent ? this.#admission?.queue(this.#ticket()) : undefined;
    const plan = planRetry({
      ...this.#counts,
      type,
      retryAfterMs,
      turnMs,
      leftMs,
      attemptTimeoutMs,
      neededMs: neededMs(attemptTimeoutMs, leftMs + this.#spentMs()),
      delays: this.#deps.delays,
    });
    if (!plan.retry) this.#admission?.leave(this.#ticket());
    return plan;
  }

  /** Once for each task. */
  async #announce(failure: Error): Promise<void> {
    const { announced } = this.#counts;
    if (announced === true || !(await announceWait(failure, this.#activity, this.#deps))) return;
    this.#counts = { ...this.#counts, announced: true };
    this.#beat();
  }

  /** The failure of an attempt that did not call the agent, which changes no counts. */
  #failAsPlanned({ why, plan }: PlannedFailure): Error {
    // Tasks that wait are counted by the metric of permits, and fail every few seconds.
    if (!plan.retry) return this.#fail(why, plan);
    return this.#toFailure(why, plan);
  }

  #toFailure({ type, statusCode, message: what, fix = this.#deps.fixes[type] }: AgentError, plan: RetryPlan): Error {
    const { paidAttempts, maxAttempts } = this.#counts;
    return toAgentFailure(this.#input.agent, { type, what, statusCode }, { paidAttempts, maxAttempts }, plan, fix);
  }
}

/** The failure of an attempt that did not call the agent, and what follows it. */
class PlannedFailure extends Error {
  readonly why: AgentError;
  readonly plan: RetryPlan;

  constructor(why: AgentError, plan: RetryPlan) {
    super(why.message);
    this.why = why;
    this.plan = plan;
  }
}

/** A signal that aborts with a reason when the time is up. */
function startClock(ms: number, reason: Error): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), Math.min(Math.max(ms, 0), MAX_TIMER_MS));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
