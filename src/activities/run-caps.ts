import { AgentError } from '../agents/agent.ts';
import type { Usage } from '../contract/run.ts';

/** What one run may cost over all its calls. Absent: no limit. */
export interface RunCaps {
  readonly maxTokens?: number;
  readonly maxCostUsd?: number;
  readonly maxCalls?: number;
}

/**
 * Whether a run has reached a limit, so that its agent is not called again. A call is never cut off by one: what it costs is known when it ends.
 *
 * @param spent by the calls so far, as far as the agent reported it
 * @param paidCalls of the agent, which are at least as many calls of its model
 */
export function checkCaps(caps: RunCaps, spent: Usage, paidCalls: number): AgentError | undefined {
  const tokens = (spent.inputTokens ?? 0) + (spent.outputTokens ?? 0);
  const calls = Math.max(spent.calls ?? 0, paidCalls);
  const rows = [
    ['max_tokens', caps.maxTokens, tokens, 'tokens'],
    ['max_cost_usd', caps.maxCostUsd, spent.costUsd ?? 0, 'USD'],
    ['max_calls', caps.maxCalls, calls, 'calls'],
  ] as const;
  for (const [setting, limit, used, unit] of rows) {
    if (limit === undefined || used < limit) continue;
    const fix = `Raise ${setting} for this agent, or split the task.`;
    return new AgentError('BudgetExceeded', `was not called again: the run has used ${used} of ${limit} ${unit}`, {
      fix,
    });
  }
  return undefined;
}
