import type { AgentAnswer, RunOutcome } from './run.ts';

/** The answer of an outcome; an outcome without an output has an empty one. */
export function toAnswer({ output = '', data, usage, agentSession }: Partial<AgentAnswer> | RunOutcome): AgentAnswer {
  return {
    output,
    ...(data !== undefined && { data }),
    ...(usage && { usage }),
    ...(agentSession !== undefined && { agentSession }),
  };
}
