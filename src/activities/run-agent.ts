import { type Activities, RUN_AGENT_INPUT, RUN_AGENT_FIELDS } from '../contract/activities.ts';
import { type AgentPolicy, completePolicy, DEFAULT_AGENT_POLICY } from '../contract/agent-policy.ts';
import { findMisspelt } from '../contract/misspelt-field.ts';
import { readStored } from '../contract/stored.ts';
import type { ActivityLogger } from './activity.ts';
import { AgentCalls } from './agent/agent-calls.ts';
import { AgentAttempt, type AgentFixes, type GuardedAgent } from './agent/agent-attempt.ts';
import type { OnAgentWait } from './agent/announce-wait.ts';
import type { AgentMetrics } from './agent/attempt-report.ts';
import { toInputFailure } from './activity-failure.ts';
import { type Agent, AgentError } from '../agents/agent.ts';
import { NO_TRACING, type Tracing } from '../telemetry/tracing.ts';
import { FAILURES } from '../contract/failures.ts';
import { nearestName } from '../values/nearest-name.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Checkpoints } from './journal/checkpoints.ts';
import { AgentAdmission } from './admission/agent-admission.ts';
import { recallSession } from './session/recall-session.ts';
import type { RunCaps } from './agent/run-caps.ts';
import { DEFAULT_RETRY_DELAYS, type RetryDelays } from './agent/retry-plan.ts';

const DEFAULT_HISTORY_BYTES = 64 * 1024;

/** An agent as it is configured. */
export interface ConfiguredAgent {
  readonly agent: Agent;
  /** Most concurrent calls. Further tasks wait for their turn. */
  readonly concurrency: number;
  /** For tasks that bring no policy, or only a part of one. Default: `DEFAULT_AGENT_POLICY`. */
  readonly policy?: AgentPolicy;
  /** Who provides it, for traces: the agent's type. Default: `custom`. */
  readonly provider?: string;
  /** Default: `DEFAULT_RETRY_DELAYS`. */
  readonly delays?: RetryDelays;
  /** What one run may cost over all its calls. Default: no limit. */
  readonly caps?: RunCaps;
  /** How to fix a failure, where the agent's type knows better than the failure table. */
  readonly fixes?: AgentFixes;
  /** Most text of earlier turns that the agent is told, in UTF-8. Default: 64 KiB. */
  readonly historyBytes?: number;
}

export interface RunAgentDeps {
  readonly agents: ReadonlyMap<string, ConfiguredAgent>;
  readonly logger: ActivityLogger;
  readonly metrics?: AgentMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  /** Whether the worker is shutting down: from then on no agent is called. Default: never. */
  readonly isDraining?: () => boolean;
  /** A run is about to wait long for an agent at fault. Default: nobody is told. */
  readonly onAgentWait?: OnAgentWait;
  /** Whether `keepResults` wraps the activity. Default: no, so an answer that Temporal ignores waits in memory. */
  readonly keepsAnswers?: boolean;
  /** Where handles are kept beside the heartbeat. Default: nowhere. */
  readonly checkpoints?: Checkpoints;
  /** Largest answer that can be stored, as bytes of JSON. Default: what Temporal takes. */
  readonly maxPayloadBytes?: number;
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
  const agents = new Map<string, GuardedAgent & Required<Omit<ConfiguredAgent, 'concurrency'>>>();
  const { logger, metrics, tracing = NO_TRACING, isDraining = () => false, keepsAnswers = false } = deps;
  const { onAgentWait, checkpoints } = deps;
  for (const [name, configured] of deps.agents) {
    const {
      agent,
      provider = 'custom',
      concurrency,
      delays = DEFAULT_RETRY_DELAYS,
      fixes = {},
      policy = DEFAULT_AGENT_POLICY,
      historyBytes = DEFAULT_HISTORY_BYTES,
      caps = {},
    } = configured;
    const admission = new AgentAdmission({
      concurrency,
      isDraining,
      onChange: (permits) => metrics?.permitsChanged({ agent: name }, permits),
    });
    agents.set(name, { agent, provider, admission, caps, delays, fixes, policy, historyBytes });
  }
  const calls = new AgentCalls();
  return async (value) => {
    const read = readStored(RUN_AGENT_INPUT, 'RunAgentInput', value);
    const problem = read.ok ? findMisspelt(value, RUN_AGENT_FIELDS) : read.problem;
    if (!read.ok || problem !== undefined) throw toInputFailure(problem ?? '');
    const heartbeat = startHeartbeat();
    try {
      const { policy: given, ...task } = read.input;
      const guarded = agents.get(task.agent);
      const {
        caps = {},
        delays = DEFAULT_RETRY_DELAYS,
        fixes = {},
        policy: own = DEFAULT_AGENT_POLICY,
      } = guarded ?? {};
      const policy = completePolicy(given, own);
      // Temporal holds a total timeout that the caller set; the agent's own it may not know.
      const totalMs = given?.totalTimeoutMs === undefined ? policy.totalTimeoutMs : Infinity;
      const common = {
        logger,
        tracing,
        ...(metrics && { metrics }),
        calls,
        keepsAnswers,
        isDraining,
        maxPayloadBytes: deps.maxPayloadBytes,
        ...(checkpoints && { checkpoints }),
        ...(onAgentWait && { onAgentWait }),
      };
      const recalled = await recallSession(read.input, guarded?.historyBytes ?? DEFAULT_HISTORY_BYTES);
      const { text, history } = recalled instanceof AgentError ? { ...task.task, history: undefined } : recalled;
      const asked = { ...task, task: { ...task.task, text }, policy, ...(history && { history }) };
      const attempt = new AgentAttempt({ ...common, caps, delays, fixes, heartbeat, totalMs }, asked);
      if (recalled instanceof AgentError) return await attempt.run(recalled);
      return await attempt.run(guarded ?? unknownAgent(task.agent, [...agents.keys()]));
    } finally {
      heartbeat.stop();
    }
  };
}

const MAX_NAMED = 8;

/** Not retried: another worker of the queue may have the agent, but a name that is wrong would cost an hour to learn of. */
function unknownAgent(name: string, known: readonly string[]): AgentError {
  const near = nearestName(name, known);
  const named = known.slice(0, MAX_NAMED).map((agent) => JSON.stringify(agent));
  const serves =
    known.length === 0 ? 'no agent' : `${named.join(', ')}${known.length > MAX_NAMED ? ' and others' : ''}`;
  const fix = `This worker serves ${serves}. ${FAILURES.UnknownAgent.fix}`;
  const question = near === undefined ? '' : `Did you mean ${JSON.stringify(near)}? `;
  return new AgentError('UnknownAgent', 'is not configured on this worker', { fix: `${question}${fix}` });
}
