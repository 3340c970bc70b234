import { CompleteAsyncError, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { Checkpoint } from '../../contract/activities.ts';
import { FAILURE_CLASSES, type FailureType, failureClass } from '../../contract/failures.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { addUsage, toUsage } from '../../contract/to-usage.ts';
import { attemptTimeLeft, nameOf, timeLeft, timeSpent } from '../activity.ts';
import { toAgentFailure } from '../activity-failure.ts';
import { type Agent, AgentError } from '../../agents/agent.ts';
import { type Budget, checkBudget } from '../../agents/budget.ts';
import { AgentCall, type CallReports } from './agent-calls.ts';
import { announceWait, type OnAgentWait } from './announce-wait.ts';
import { AttemptCounts, toKept } from './attempt-counts.ts';
import { type AgentMetrics, AttemptReport } from './attempt-report.ts';
import { callAgent } from './call-agent.ts';
import { type AgentTask, callTimeout, startClock, toContext } from './call-context.ts';
import type { Heartbeat } from '../heartbeat.ts';
import type { AgentAdmission, CallPermit } from '../admission/agent-admission.ts';
import { readPosted } from './read-posted.ts';
import { firstDelay, neededMs, planRetry, type RetryDelays, type RetryPlan } from './retry-plan.ts';
import { type RunCaps, toBudget } from './run-caps.ts';
import { takeTurn } from '../admission/take-turn.ts';
import type { Ticket } from '../admission/waiting-line.ts';
import { traceCall } from './trace-call.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import { Interruption, readInterruption } from './interruption.ts';
import type { Checkpoints } from '../journal/checkpoints.ts';
import { activityKeyOf } from '../journal/journal-entry.ts';
import { followCall, type FollowDeps } from './follow-call.ts';

/** An agent with the admission that all runs of this worker share. */
export interface GuardedAgent {
  readonly agent: Agent;
  /** The agent's type. */
  readonly provider: string;
  readonly admission: AgentAdmission;
}

/** How to fix a failure of one agent, by type. */
export type AgentFixes = Readonly<Partial<Record<FailureType, string>>>;

export interface AttemptDeps extends Omit<FollowDeps, 'onProgress' | 'onCheckpoint'> {
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
  /** Where handles are kept beside the heartbeat. */
  readonly checkpoints?: Checkpoints;
  readonly caps: RunCaps;
}

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
  readonly #counts: AttemptCounts;
  #admission: AgentAdmission | undefined;

  constructor(deps: AttemptDeps, input: AgentTask) {
    this.#deps = deps;
    this.#leftMs = timeLeft(this.#activity.info, deps.totalMs);
    this.#report = new AttemptReport(deps, this.#activity, input);
    this.#input = input;
    const kept = deps.checkpoints?.find(this.#key);
    this.#counts = new AttemptCounts(deps.heartbeat, this.#activity.info, kept, input.policy.maxAttempts);
  }

  /**
   * @param guarded or why there is no agent
   * @throws ApplicationFailure; CancelledFailure; CompleteAsyncError when a later attempt takes over.
   */
  async run(guarded: GuardedAgent | AgentError): Promise<AgentAnswer> {
    this.#admission = guarded instanceof AgentError ? undefined : guarded.admission;
    const call = this.#deps.calls.find(this.#key, this.#counts.endedCall);
    const { paidAttempts, maxAttempts, checkpoint, spent } = this.#counts.current;
    // The last paid call never reported back, and can't be resumed: its worker crashed, or lost its connection to Temporal.
    if (call === undefined && checkpoint === undefined && paidAttempts >= maxAttempts) {
      const lost = new AgentError('WorkerCrashed', 'was called, but contact with its worker was lost');
      throw this.#fail(lost, { retry: false, because: 'calls_used_up' });
    }
    try {
      if (call === undefined && checkpoint === undefined) checkBudget(this.#budget(paidAttempts));
      const answer = await this.#follow(call ?? (await this.#begin(guarded)));
      this.#report.answered(answer);
      this.#deps.checkpoints?.forget(this.#key);
      const usage = addUsage(spent, answer.usage);
      return usage === undefined ? answer : { ...answer, usage };
    } catch (error) {
      const failure = this.#judge(error);
      await this.#announce(failure);
      throw failure;
    }
  }

  /** Calls the agent, or resumes the call whose worker was lost. */
  async #begin(guarded: GuardedAgent | AgentError): Promise<AgentCall> {
    if (guarded instanceof AgentError) throw guarded;
    const { agent, provider, admission } = guarded;
    const permit = await this.#takePermit(admission);
    const earlier = this.#deps.calls.find(this.#key, this.#counts.endedCall);
    if (earlier !== undefined) {
      permit.release();
      return earlier;
    }
    const { info } = this.#activity;
    const left = { totalMs: this.#leftMs(), attemptMs: this.#attemptLeftMs() };
    const { timeoutMs, late } = callTimeout(this.#input.policy, info, left);
    const clock = startClock(timeoutMs, late);
    const { paidAttempts, checkpoint, resumes = 0 } = this.#counts.current;
    // Counted before the call, so that a crash during the call counts.
    const counted = checkpoint === undefined ? { paidAttempts: paidAttempts + 1 } : { resumes: resumes + 1 };
    this.#counts.begin({ ...counted, queuedAtMs: undefined });
    const number = this.#counts.current.paidAttempts;
    const ask = async (signal: AbortSignal, reports: CallReports): Promise<AgentAnswer> => {
      const context = toContext(this.#input, info, this.#deps.logger, {
        call: number,
        timeoutMs,
        budget: this.#budget(number - 1),
        signal: AbortSignal.any([signal, clock.signal]),
        ...reports,
        ...(checkpoint && { resumed: checkpoint.handle }),
      });
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
    };
    const call = new AgentCall(this.#counts.current, this.#save, ask, agent.isToldByPost);
    this.#deps.calls.add(this.#key, call);
    this.#report.asked(number, checkpoint !== undefined);
    return call;
  }

  /** @param paidCalls before the next one */
  #budget(paidCalls: number): Budget {
    return toBudget(this.#deps.caps, this.#counts.current.spent ?? {}, paidCalls);
  }

  /** Keeps a checkpoint in the journal. Never rejects: Temporal has it too. */
  readonly #save = async (checkpoint: Checkpoint): Promise<void> => {
    const { checkpoints } = this.#deps;
    try {
      await checkpoints?.save(this.#key, toKept(this.#counts.current, checkpoint));
    } catch (error) {
      this.#report.notKept(nameOf(error));
    }
  };

  /** Waits for the end of a call that this attempt or an earlier one started. */
  async #follow(call: AgentCall): Promise<AgentAnswer> {
    this.#report.calledAt = call.startedAt;
    this.#counts.adopt(call.counts);
    const beat = (): void => this.#counts.beat(call.shown);
    const look = async (): Promise<void> => {
      this.#counts.keepPosted(await readPosted(this.#activity));
      beat();
    };
    if (call.isToldByPost) {
      // What is posted is merged into the details that Temporal has.
      beat();
      this.#deps.heartbeat.lookBefore(look);
    } else this.#counts.tell(call.shown, call.hasNews);
    try {
      return await followCall(call, this.#activity, {
        ...this.#deps,
        onProgress: () => this.#counts.tell(call.shown, call.hasNews),
        onCheckpoint: async () => {
          if (call.isToldByPost) await look();
          this.#counts.adopt(call.counts);
          await this.#counts.confirm(call.shown);
        },
      });
    } finally {
      this.#counts.adopt(call.counts);
      this.#counts.endedCall = call.id;
    }
  }

  /** What a failed call says about the agent is for all of its runs. */
  #tellOthers(permit: CallPermit, error: unknown): void {
    if (!(error instanceof AgentError)) return;
    const { type, message: what, statusCode, retryAfterMs } = error;
    const { pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    if (!pausesAgent) permit.accepted();
    if (pausesAgent || retryAfterMs !== undefined) {
      permit.refused({ type, what, statusCode }, firstDelay(error, this.#deps.delays), retryAfterMs);
    }
  }

  async #takePermit(admission: AgentAdmission): Promise<CallPermit> {
    const { info, cancellationSignal: signal } = this.#activity;
    const turn = await takeTurn(admission, {
      ticket: this.#ticket(),
      policy: this.#input.policy,
      queuedAtMs: this.#counts.current.queuedAtMs,
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
    else if (this.#counts.current.queuedAtMs !== undefined) this.#counts.change({ queuedAtMs: undefined });
    throw new PlannedFailure(turn.why, { retry: true, delayMs: turn.delayMs });
  }

  /** The wait begins, or goes on: heartbeat details outlive attempts. */
  #queue({ concurrency }: AgentAdmission): void {
    if (this.#counts.current.queuedAtMs !== undefined) return;
    this.#counts.change({ queuedAtMs: this.#beganAtMs }, { progress: `waiting for one of ${concurrency} permits` });
  }

  #ticket(): Ticket {
    const { workflowExecution, activityRunId, activityId, scheduledTimestampMs: since } = this.#activity.info;
    return { key: `${workflowExecution?.runId ?? activityRunId}/${activityId}`, client: this.#input.client, since };
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
        this.#deps.checkpoints?.forget(this.#key);
        this.#report.canceled();
        return signal.aborted ? (signal.reason as Error) : new CancelledFailure('CANCELLED');
    }
    if (error instanceof PlannedFailure) return this.#failAsPlanned(error);
    if (error instanceof AgentError) return this.#fail(error);
    this.#report.threw(nameOf(error));
    return this.#fail(new AgentError('AgentFailed', 'failed with an unknown error'));
  }

  #fail(error: AgentError, known?: RetryPlan): Error {
    const { type } = error;
    const { paid, pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    const wasPaid = this.#report.calledAt !== undefined;
    const { paidAttempts, agentFaults, checkpoint, spent } = this.#counts.current;
    const isOver = wasPaid && paid;
    // What a handle stands for goes on at the agent, whatever keeps this worker from it.
    const isFree = wasPaid && !paid && checkpoint === undefined;
    if (isOver) this.#deps.checkpoints?.forget(this.#key);
    const cost = wasPaid ? toUsage(error.usage) : undefined;
    if (cost) this.#report.spent(cost);
    this.#counts.change({
      paidAttempts: paidAttempts - (isFree ? 1 : 0),
      agentFaults: agentFaults + (pausesAgent ? 1 : 0),
      // A worker that fails in good order has not crashed.
      resumes: undefined,
      spent: addUsage(spent, cost),
      ...(isOver && { checkpoint: undefined, posted: undefined, over: paidAttempts }),
    });
    const plan = known ?? this.#plan(error);
    this.#report.failed(error, plan, this.#counts.current);
    return this.#toFailure(error, plan);
  }

  #plan({ type, statusCode, retryAfterMs }: AgentError): RetryPlan {
    const { attemptTimeoutMs } = this.#input.policy;
    const leftMs = this.#leftMs();
    const { pausesAgent } = FAILURE_CLASSES[failureClass(type)];
    const turnMs = pausesAgent ? this.#admission?.queue(this.#ticket()) : undefined;
    const plan = planRetry({
      ...this.#counts.current,
      ...{ type, statusCode, retryAfterMs },
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
    const { announced } = this.#counts.current;
    if (announced === true || !(await announceWait(failure, this.#activity, this.#deps))) return;
    this.#counts.change({ announced: true });
  }

  /** The failure of an attempt that did not call the agent, which changes no counts. */
  #failAsPlanned({ why, plan }: PlannedFailure): Error {
    // Tasks that wait are counted by the metric of permits, and fail every few seconds.
    if (!plan.retry) return this.#fail(why, plan);
    this.#counts.ensureTold();
    return this.#toFailure(why, plan);
  }

  #toFailure({ type, statusCode, message: what, fix = this.#deps.fixes[type] }: AgentError, plan: RetryPlan): Error {
    const { paidAttempts, maxAttempts, spent } = this.#counts.current;
    return toAgentFailure(
      this.#input.agent,
      { type, what, statusCode },
      { paidAttempts, maxAttempts, spent },
      plan,
      fix,
    );
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
