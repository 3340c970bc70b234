import * as z from 'zod/mini';
import { positive, record, type Stored } from './stored.ts';

/** How long and how often an agent is called. Durations are milliseconds. */
export interface AgentPolicy {
  /** One call of the agent, from request to answer. */
  readonly attemptTimeoutMs: number;
  /** All attempts together, delays included. */
  readonly totalTimeoutMs: number;
  /** The wait for a permit. Absent: until the total timeout leaves no time for a call. */
  readonly queueTimeoutMs?: number;
  /** Silence after which Temporal considers the worker lost. */
  readonly heartbeatTimeoutMs: number;
  /** Calls that may cost money. Faults of the agent itself do not count. */
  readonly maxAttempts: number;
  /** Largest answer that is kept, in bytes of UTF-8. */
  readonly maxAnswerBytes: number;
}

/** A policy as Temporal stores it: whole, or only what differs from the agent's own. */
export const POLICY_CHANGES = record({
  attemptTimeoutMs: z.exactOptional(positive()),
  totalTimeoutMs: z.exactOptional(positive()),
  queueTimeoutMs: z.exactOptional(positive()),
  heartbeatTimeoutMs: z.exactOptional(positive()),
  maxAttempts: z.exactOptional(positive()),
  maxAnswerBytes: z.exactOptional(positive()),
} satisfies Record<keyof AgentPolicy, unknown>);
export type PolicyChanges = Stored<typeof POLICY_CHANGES>;

/**
 * The limits of an agent that has none of its own, the same as in the settings.
 *
 * @example
 * await runAgent(text, { agent: 'writer', policy: { maxAttempts: DEFAULT_AGENT_POLICY.maxAttempts + 2 } });
 */
export const DEFAULT_AGENT_POLICY: AgentPolicy & Required<PolicyChanges> = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  queueTimeoutMs: 1_800_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 1_048_576,
};

/**
 * The policy that a task is run with.
 *
 * @param given a whole policy stands as it is, so that one without `queueTimeoutMs` has no such limit
 * @param own the agent's own policy, which completes the others
 */
export function completePolicy(given: PolicyChanges | undefined, own: AgentPolicy): AgentPolicy {
  return isWhole(given) ? given : { ...own, ...given };
}

function isWhole(given: PolicyChanges | undefined): given is AgentPolicy {
  const { queueTimeoutMs: _, ...required } = DEFAULT_AGENT_POLICY;
  return given !== undefined && Object.keys(required).every((name) => Object.hasOwn(given, name));
}
