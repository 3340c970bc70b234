import type { Budget } from '../../agents/budget.ts';
import type { Usage } from '../../contract/run.ts';

/** What one run may cost over all its calls. Absent: no limit. */
export interface RunCaps {
  readonly maxTokens?: number;
  readonly maxCostUsd?: number;
  readonly maxCalls?: number;
}

/**
 * What is left of a run's limits.
 *
 * @param spent by the calls so far, as far as the agent reported it
 * @param paidCalls of the agent, which are at least as many calls of its model
 */
export function toBudget({ maxTokens, maxCostUsd, maxCalls }: RunCaps, spent: Usage, paidCalls: number): Budget {
  const { inputTokens = 0, outputTokens = 0, costUsd = 0, calls = 0 } = spent;
  return {
    ...(maxTokens !== undefined && { tokens: { limit: maxTokens, used: inputTokens + outputTokens } }),
    ...(maxCostUsd !== undefined && { costUsd: { limit: maxCostUsd, used: costUsd } }),
    ...(maxCalls !== undefined && { calls: { limit: maxCalls, used: Math.max(calls, paidCalls) } }),
  };
}
