import { type Activities, RUN_AGENT_INPUT } from '../contract/activities.ts';
import { readStored } from '../contract/stored.ts';
import type { ActivityLogger } from './activity.ts';
import { AgentCalls } from './agent-calls.ts';
import { AgentAttempt, type AgentFixes, type GuardedAgent } from './agent-attempt.ts';
import type { AgentMetrics } from './attempt-report.ts';
import { toInputFailure } from './activity-failure.ts';
import type { Agent } from '../agents/agent.ts';
import { startHeartbeat } from './heartbeat.ts';
import { AgentAdmission } from './agent-admission.ts';
import { DEFAULT_RETRY_DELAYS, type RetryDelays } from './retry-plan.ts';

/** An agent as it is configured. */
export interface ConfiguredAgent {
  readonly agent: Agent;
  /** Most concurrent calls. Further tasks wait for their turn. */
  readonly concurrency: number;
  /** Default: `DEFAULT_RETRY_DELAYS`. */
  readonly delays?: RetryDelays;
  /** How to fix a failure, where the agent's type knows better than the failure table. */
  readonly fixes?: AgentFixes;
}

export interface RunAgentDeps {
  readonly agents: ReadonlyMap<string, ConfiguredAgent>;
  readonly logger: ActivityLogger;
  readonly metrics?: AgentMetrics;
  /** Whether the worker is shutting down: from then on no agent is called. Default: never. */
  readonly isDraining?: () => boolean;
  /** Whether `keepResults` wraps the activity. Default: no, so an answer that Temporal ignores waits in memory. */
  readonly keepsAnswers?: boolean;
}

/**
 * The activity `runAgent`: one attempt of one task.
 *
 * Temporal retries without a limit of attempts; the activity decides when to stop. The heartbeat details count paid calls
 * and faults of the agent, and outlive attempts and workers. A paid call counts before it starts, so that a crash during
 * the call counts; a call that turns out to be free is subtracted before the attempt fails.
 *
 * A call outlives its attempt: when Temporal misses heartbeats, because it was away or the machine slept, the call goes on, and
 * the next attempt in this process follows it.
 *
 * The activity throws ApplicationFailure with a type of `FAILURES` and `AgentFailureDetails`, or `CancelledFailure` on cancel.
 *
 * @throws RangeError when an agent's concurrency is not a positive whole number.
 */
export function createRunAgent(deps: RunAgentDeps): Activities['runAgent'] {
  const agents = new Map<string, GuardedAgent & Required<Pick<ConfiguredAgent, 'delays' | 'fixes'>>>();
  const { logger, metrics, isDraining = () => false, keepsAnswers = false } = deps;
  for (const [name, { agent, concurrency, delays = DEFAULT_RETRY_DELAYS, fixes = {} }] of deps.agents) {
    const admission = new AgentAdmission({
      concurrency,
      isDraining,
      onChange: (permits) => metrics?.permitsChanged({ agent: name }, permits),
    });
    agents.set(name, { agent, admission, delays, fixes });
  }
  const calls = new AgentCalls();
  return async (value) => {
    const read = readStored(RUN_AGENT_INPUT, 'RunAgentInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const heartbeat = startHeartbeat();
    try {
      const guarded = agents.get(read.input.agent);
      const { delays, fixes } = guarded ?? { delays: DEFAULT_RETRY_DELAYS, fixes: {} };
      const common = { logger, ...(metrics && { metrics }), calls, keepsAnswers, isDraining };
      return await new AgentAttempt({ ...common, delays, fixes, heartbeat }, read.input).run(guarded);
    } finally {
      heartbeat.stop();
    }
  };
}
