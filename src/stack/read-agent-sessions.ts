import { remembersItself } from '../agents/agent-types.ts';
import type { Config } from '../config/config.ts';
import type { AgentSessions } from '../ingress/tasks/accept-task.ts';

/** What the configured agents want of sessions, by name. */
export function readAgentSessions({ agents }: Pick<Config, 'agents'>): ReadonlyMap<string, AgentSessions> {
  return new Map(
    agents.map(({ name, sessionPolicy: policy, historyTurns: turns, historyKept: forMs, ...agent }) => [
      name,
      {
        ...(policy !== undefined && { policy }),
        ...(!remembersItself(agent) && turns > 0 && { recalls: { turns, forMs } }),
      },
    ]),
  );
}
