import type { AgentMetrics } from '../activities/agent-attempt.ts';
import { failureTypesOf } from '../contract/failures.ts';
import type { AgentAtFault } from '../ingress/routes/service.ts';

/** What this process knows of its agents' state. */
export interface AgentWatch extends Pick<AgentMetrics, 'attemptEnded'> {
  /** The agents whose last telling attempt met a fault of their own, by name and failure type alone. */
  atFault(): readonly AgentAtFault[];
}

/** Tracks how attempts end. A fault stands until the agent answers; failures of a task or the network do not change it. */
export function createAgentWatch(): AgentWatch {
  const agentFaults: readonly string[] = failureTypesOf('agent');
  const faults = new Map<string, string>();
  return {
    attemptEnded({ agent, outcome }) {
      if (outcome === 'answered') faults.delete(agent);
      else if (agentFaults.includes(outcome)) faults.set(agent, outcome);
    },
    atFault: () => [...faults].map(([name, code]) => ({ name, code })),
  };
}
