import type { PolicyChanges } from './agent-policy.ts';
import { type CallbackOption, toCallbackTarget } from './callback-target.ts';
import type { AgentRunInput, Task } from './run.ts';

/** What a run is asked, when code starts it. */
export interface RunRequest {
  /** Name of an agent of the worker. */
  readonly agent: string;
  /** ID of the client whose run it is: who may read it, and whose secrets sign its callback. Default: `default`. */
  readonly client?: string;
  /** Where the task comes from, for lists. */
  readonly source?: string;
  /** What differs from the agent's own policy. */
  readonly policy?: PolicyChanges;
  /** Where the outcome is posted. Default: nowhere. */
  readonly callback?: CallbackOption;
}

/** The input of the workflow `agentRun` that a request means. */
export function toRunInput(
  task: string | Task,
  { agent, client = 'default', source, policy, callback }: RunRequest & { readonly source: string },
): AgentRunInput {
  return {
    task: typeof task === 'string' ? { text: task } : task,
    client,
    source,
    agent,
    ...(policy && { agentPolicy: policy }),
    ...(callback !== undefined && { callback: toCallbackTarget(callback) }),
  };
}
