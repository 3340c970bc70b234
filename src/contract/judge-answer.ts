import { isRecord, toRecord } from '../values/is-record.ts';
import type { FailedOutcome } from './judge-failure.ts';
import type { AgentAnswer, Usage } from './run.ts';

/**
 * What the result of the activity `runAgent` means for the caller. `temporal activity complete` lets an operator write anything: a
 * text is an answer too, and a usage that is no count is left out.
 *
 * @returns the answer, or why there is none
 */
export function judgeAnswer(result: unknown): ({ readonly status: 'completed' } & AgentAnswer) | FailedOutcome {
  const { output, usage } = isRecord(result) ? result : { output: result };
  if (typeof output !== 'string') {
    const message = 'The agent\'s activity was completed with no answer: complete it with {"output": "the answer"}.';
    return { status: 'failed', error: { code: 'AgentFailed', message } };
  }
  const counts = toUsage(usage);
  return { status: 'completed', output, ...(counts && { usage: counts }) };
}

function toUsage(value: unknown): Usage | undefined {
  const { inputTokens, outputTokens, iterations } = toRecord(value);
  const counts = Object.entries({ inputTokens, outputTokens, iterations }).filter(([, count]) => isCount(count));
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
