import type { AgentMetrics } from '../activities/agent/attempt-report.ts';
import { type FailureType, failureTypesOf } from '../contract/failures.ts';
import type { AgentAtFault } from '../ingress/routes/service.ts';

/** The fault that a probe can tell the end of. */
export const UNREACHABLE: FailureType = 'AgentUnreachable';

/** What this process knows of its agents' state. */
export interface AgentWatch extends Pick<AgentMetrics, 'attemptEnded'> {
  /** The agents whose last telling attempt met a fault of their own, by name and failure type alone. */
  atFault(): readonly AgentAtFault[];
  /**
   * The agent's server is there again.
   *
   * @returns whether that ends its fault: a fault of another kind, such as a refused key, stands
   */
  reachedAgain(agent: string): boolean;
}

/**
 * Tracks how attempts end. A fault stands until the agent answers; failures of a task or the network do not change it.
 *
 * @param configured names of this process's agents. A run may name another, which was removed since it began, or never was
 * there: that is no news of an agent.
 */
export function createAgentWatch(configured: readonly string[]): AgentWatch {
  const agentFaults: readonly string[] = failureTypesOf('agent');
  const faults = new Map<string, string>();
  return {
    attemptEnded({ agent, outcome }) {
      if (!configured.includes(agent)) return;
      if (outcome === 'answered') faults.delete(agent);
      else if (agentFaults.includes(outcome)) faults.set(agent, outcome);
    },
    reachedAgain: (agent) => faults.get(agent) === UNREACHABLE && faults.delete(agent),
    atFault: () => [...faults].map(([name, code]) => ({ name, code })),
  };
}
