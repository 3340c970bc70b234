import type { AgentPolicy } from '../../src/contract/agent-policy.ts';

/** The policy of the agent in a scenario that sets none. */
export function scenarioPolicy(): AgentPolicy {
  return {
    attemptTimeoutMs: 5000,
    totalTimeoutMs: 20_000,
    heartbeatTimeoutMs: 5000,
    maxAttempts: 3,
    maxAnswerBytes: 1_000_000,
  };
}
