import type { AgentPolicy } from '../../contract/run.ts';
import { ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, IngressClient } from '../app-deps.ts';

/**
 * The agent that serves a client: the default agent where the client may use it, else the first that it may use.
 *
 * @param wanted a name that a source's operator has asked for, in place of all that
 * @throws ProblemError `agent_not_permitted` when the client may use none, or not the one that is wanted
 */
export function pickAgent(
  client: IngressClient,
  deps: Pick<AppDeps, 'agents' | 'defaultAgent'>,
  wanted?: string,
): { agent: string; agentPolicy: AgentPolicy } {
  const permitted = client.agents;
  const isPermitted = (name: string): boolean => permitted === undefined || permitted.includes(name);
  const usual = isPermitted(deps.defaultAgent) ? deps.defaultAgent : permitted?.find((name) => deps.agents.has(name));
  const agent = wanted === undefined ? usual : isPermitted(wanted) ? wanted : undefined;
  const agentPolicy = agent === undefined ? undefined : deps.agents.get(agent);
  if (agent === undefined || agentPolicy === undefined) {
    const what = wanted === undefined ? 'No agent is permitted' : 'The agent that the source names is not permitted';
    throw new ProblemError('agent_not_permitted', `${what} for the client "${client.id}": ask its operator.`);
  }
  return { agent, agentPolicy };
}
