import type { AgentAnswer, Task } from '../contract/run.ts';
import { runAgent, type RunAgentOptions } from './run-agent.ts';

/** What one task may set beside what its agent was named with. */
export type AskOptions = Omit<RunAgentOptions, 'agent'>;

/** Gives an agent a task, as `runAgent` does. */
export type Ask = (task: string | Task, options?: AskOptions) => Promise<AgentAnswer>;

/**
 * Names an agent once, for all the tasks that a workflow gives it.
 *
 * @param defaults options of every task
 * @example
 * const ask = agent('writer');
 * const draft = await ask('Write a haiku about queues', { id: 'draft' });
 * const better = await ask(`Make it funnier:\n${draft.output}`, { id: 'revision' });
 */
export function agent(name: string, defaults: Omit<AskOptions, 'id' | 'summary'> = {}): Ask {
  return (task, options = {}) => runAgent(task, { ...defaults, ...options, agent: name });
}
