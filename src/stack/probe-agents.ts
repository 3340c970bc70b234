import type { Agent } from '../agents/agent.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type AgentWatch, UNREACHABLE } from './agent-watch.ts';

export interface ProbeAgentsOptions {
  /** By name. */
  readonly agents: ReadonlyMap<string, { readonly agent: Agent }>;
  readonly watch: Pick<AgentWatch, 'atFault' | 'reachedAgain'>;
  readonly metrics: Pick<Metrics, 'agentReachedAgain'>;
  readonly logger: { info(fields: object, message: string): void };
  /** Default: 30 s. */
  readonly everyMs?: number;
}

const EVERY_MS = 30_000;
const TIMEOUT_MS = 5000;

/**
 * Asks unreachable agents whether they are there again, where their type has a probe. A healthy agent is never asked.
 *
 * @returns a function that stops it
 */
export function probeAgents({ agents, watch, metrics, logger, everyMs = EVERY_MS }: ProbeAgentsOptions): () => void {
  const probe = async (name: string): Promise<void> => {
    const isThere = await agents
      .get(name)
      ?.agent.probe?.(AbortSignal.timeout(TIMEOUT_MS))
      .catch(() => false);
    if (isThere !== true || !watch.reachedAgain(name)) return;
    metrics.agentReachedAgain({ agent: name });
    logger.info({ agent: name }, 'the agent can be reached again');
  };
  const timer = setInterval(() => {
    for (const { name, code } of watch.atFault()) if (code === UNREACHABLE) void probe(name);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
