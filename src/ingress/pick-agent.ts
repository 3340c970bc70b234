import type { AgentPolicy } from '../contract/run.ts';
import { ProblemError } from '../protocol/problems.ts';
import type { AppDeps, IngressClient } from './app-deps.ts';

/**
 * The agent that serves a client: the default agent where the client may use it, else the first that it may use.
 *
 * @throws ProblemError `agent_not_permitted` when the client may use none
 */
export function pickAgent(
  client: IngressClient,
  deps: Pick<AppDeps, 'agents' | 'defaultAgent'>,
): { agent: string; agentPolicy: AgentPolicy } {
  const permitted = client.permittedAgents;
  const agent =
    permitted === undefined || permitted.includes(deps.defaultAgent)
      ? deps.defaultAgent
      : permitted.find((name) => deps.agents.has(name));
  const agentPolicy = agent === undefined ? undefined : deps.agents.get(agent);
  if (agent === undefined || agentPolicy === undefined) {
    throw new ProblemError(
      'agent_not_permitted',
      `No agent is permitted for the client "${client.id}": ask its operator.`,
    );
  }
  return { agent, agentPolicy };
}
