import type { Agent } from '../src/agents/agent.ts';

/** An agent that needs the same long time for each call, and knows how long its permits were free. */
export interface SlowAgent extends Agent {
  readonly calls: () => number;
  /** How long each permit was free before it was used again, in milliseconds. */
  readonly gaps: number[];
}

export function createSlowAgent(callMs: number): SlowAgent {
  const freedAt: number[] = [];
  const gaps: number[] = [];
  let calls = 0;
  return {
    gaps,
    calls: () => calls,
    run: (_, { signal }) => {
      calls += 1;
      const freed = freedAt.shift();
      if (freed !== undefined) gaps.push(performance.now() - freed);
      return new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(timer);
          freedAt.push(performance.now());
          settle();
        };
        const timer = setTimeout(() => end(() => resolve({ output: 'done' })), callMs);
        signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)), { once: true });
      });
    },
  };
}
