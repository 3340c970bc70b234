import type { AgentContext } from '../../src/agents/agent.ts';

/** A context for calling an adapter by hand, with what a test wants to differ. */
export function agentContext(changes: Partial<AgentContext> = {}): AgentContext {
  return {
    runId: 'run-test',
    call: 1,
    sessionKey: 'client:session',
    timeoutMs: 60_000,
    maxAnswerBytes: 1_000_000,
    signal: new AbortController().signal,
    deadline: new Date(Date.now() + 60_000),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    report: () => undefined,
    reportText: () => undefined,
    checkpoint: () => Promise.resolve(),
    ...changes,
  };
}
