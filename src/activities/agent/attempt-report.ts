import type { Context } from '@temporalio/activity';
import type { RunAgentInput } from '../../contract/activities.ts';
import { type FailureType, failureClass } from '../../contract/failures.ts';
import type { AgentAnswer, Usage } from '../../contract/run.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import type { AgentError } from '../../agents/agent.ts';
import type { ActivityLogger } from '../activity.ts';
import type { RetryPlan } from './retry-plan.ts';

/** How an attempt ended. */
export type AttemptOutcome = 'answered' | 'canceled' | FailureType;

/** What a call cost. */
export interface SpentTokens {
  readonly input?: number;
  readonly output?: number;
  readonly costUsd?: number;
}

/** The metrics of `runAgent`. */
export interface AgentMetrics {
  /** An attempt ended; the seconds count from the call of the agent, and are 0 without a call. */
  attemptEnded(labels: { agent: string; outcome: AttemptOutcome }, seconds: number): void;
  /** An agent answered, and said what it cost. */
  tokensUsed(labels: { client: string; agent: string }, used: SpentTokens): void;
  /** A permit of an agent was granted or released, or the number of tasks that wait for one changed. */
  permitsChanged(labels: { agent: string }, permits: { taken: number; waiting: number }): void;
}

/** What an attempt counted until it failed. */
interface Counts {
  readonly paidAttempts: number;
  readonly maxAttempts: number;
  readonly agentFaults: number;
}

/** Tells log and metrics what becomes of an attempt. */
export class AttemptReport {
  /** When the agent was called, by `performance.now`. */
  calledAt: number | undefined;
  readonly #logger: ActivityLogger;
  readonly #metrics: AgentMetrics | undefined;
  readonly #input: Pick<RunAgentInput, 'client' | 'agent'>;
  readonly #runId: string | undefined;
  readonly #traceId: string | undefined;

  constructor(
    {
      logger,
      metrics,
      tracing,
    }: { readonly logger: ActivityLogger; readonly metrics?: AgentMetrics; readonly tracing: Tracing },
    activity: Context,
    input: RunAgentInput,
  ) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#input = input;
    this.#traceId = tracing.traceId();
    this.#runId = activity.info.workflowExecution?.workflowId;
  }

  asked(call: number, isResumed: boolean): void {
    const how = isResumed ? 'agent asked to go on with a call whose worker was lost' : 'agent asked';
    this.#logger.info({ ...this.#labels(), call }, how);
  }

  /** @param error without its message, which may quote the disk's path */
  notKept(error: string): void {
    this.#logger.error(
      { ...this.#labels(), error },
      "could not write an agent's handle to the journal: check its disk",
    );
  }

  answered({ usage = {} }: AgentAnswer): void {
    this.#ended('answered');
    this.spent(usage);
    const { inputTokens, outputTokens, costUsd } = usage;
    const answer = {
      ...{ duration_ms: this.#calledMs(), input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: costUsd },
    };
    this.#logger.info({ ...this.#labels(), ...answer }, 'agent answered');
  }

  /** A call has cost something, whether or not it was answered. */
  spent({ inputTokens: input, outputTokens: output, costUsd }: Usage): void {
    const { client, agent } = this.#input;
    const used = {
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
      ...(costUsd !== undefined && { costUsd }),
    };
    this.#metrics?.tokensUsed({ client, agent }, used);
  }

  canceled(): void {
    this.#ended('canceled');
  }

  failed({ type, statusCode }: AgentError, plan: RetryPlan, { paidAttempts, maxAttempts, agentFaults }: Counts): void {
    this.#ended(type);
    const log = {
      ...this.#labels(),
      type,
      status_code: statusCode,
      duration_ms: this.#calledMs(),
      paid_attempts: paidAttempts,
      max_attempts: maxAttempts,
      agent_faults: agentFaults,
      retry: plan.retry,
      ...(plan.retry ? { delay_ms: plan.delayMs } : { because: plan.because }),
    };
    if (failureClass(type) === 'agent') this.#logger.warn(log, 'agent attempt failed: the agent is at fault');
    else this.#logger.info(log, 'agent attempt failed');
  }

  /** @param error without its message, which may quote the agent */
  threw(error: string): void {
    this.#logger.error({ ...this.#labels(), error }, 'agent adapter threw an unexpected error');
  }

  #ended(outcome: AttemptOutcome): void {
    this.#metrics?.attemptEnded({ agent: this.#input.agent, outcome }, (this.#calledMs() ?? 0) / 1000);
  }

  /** Since the agent was called, in whole milliseconds. */
  #calledMs(): number | undefined {
    return this.calledAt === undefined ? undefined : Math.round(performance.now() - this.calledAt);
  }

  #labels() {
    const { client, agent } = this.#input;
    return { run_id: this.#runId, client, agent, ...(this.#traceId !== undefined && { trace_id: this.#traceId }) };
  }
}
