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
    report: () => undefined,
    ...changes,
  };
}
