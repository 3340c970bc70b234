import { isRecord } from '../values/is-record.ts';
import type { FailedOutcome } from './judge-failure.ts';
import type { JsonValue } from './json-value.ts';
import type { AgentAnswer } from './run.ts';
import { toUsage } from './to-usage.ts';

/**
 * What the result of the activity `runAgent` means for the caller. `temporal activity complete` lets an operator write anything: a
 * text is an answer too, and a usage that is no count is left out.
 *
 * @returns the answer, or why there is none
 */
export function judgeAnswer(result: unknown): ({ readonly status: 'completed' } & AgentAnswer) | FailedOutcome {
  const { output, data, usage, agentSession }: Record<string, unknown> = isRecord(result) ? result : { output: result };
  if (typeof output !== 'string') {
    const message = 'The agent\'s activity was completed with no answer: complete it with {"output": "the answer"}.';
    return { status: 'failed', error: { code: 'AgentFailed', message } };
  }
  const counts = toUsage(usage);
  return {
    status: 'completed',
    output,
    // Temporal stores JSON alone.
    ...(data !== undefined && { data: data as JsonValue }),
    ...(counts && { usage: counts }),
    ...(typeof agentSession === 'string' && { agentSession }),
  };
}
