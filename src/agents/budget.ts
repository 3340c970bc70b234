import type { Usage } from '../contract/run.ts';
import { AgentError } from './agent.ts';

/** A limit of a run, and what its earlier calls have used of it. */
export interface Allowance {
  readonly limit: number;
  readonly used: number;
}

/** What a run may cost over all its calls. Absent: no limit. It is plain data, which a thread can be sent. */
export interface Budget {
  /** In and out. */
  readonly tokens?: Allowance;
  readonly costUsd?: Allowance;
  /** Calls of the model. */
  readonly calls?: Allowance;
}

const ROWS = [
  ['tokens', 'max_tokens', 'tokens', (used: Usage) => (used.inputTokens ?? 0) + (used.outputTokens ?? 0)],
  ['costUsd', 'max_cost_usd', 'USD', (used: Usage) => used.costUsd ?? 0],
  ['calls', 'max_calls', 'calls', (used: Usage) => used.calls ?? 0],
] as const;

/**
 * Checks a run's limits before a further call of the model. An agent with a loop of its own calls it with what this task has used in it
 * so far; what the run used before is in the budget.
 *
 * @param used in this call of the agent
 * @throws AgentError `BudgetExceeded`, which tells what was used
 *
 * @example
 * for (let calls = 0; !done; calls += 1) {
 *   if (calls > 0) checkBudget(context.budget, { inputTokens, outputTokens, calls });
 *   done = await askModel(messages);
 * }
 */
export function checkBudget(budget: Budget = {}, used: Usage = {}): void {
  for (const [name, setting, unit, count] of ROWS) {
    const { limit = Infinity, used: before = 0 } = budget[name] ?? {};
    const sum = before + count(used);
    if (sum < limit) continue;
    const what = `was not called again: the run has used ${sum} of ${limit} ${unit}`;
    throw new AgentError('BudgetExceeded', what, {
      fix: `Raise ${setting} for this agent, or split the task.`,
      ...(Object.keys(used).length > 0 && { usage: used }),
    });
  }
}
