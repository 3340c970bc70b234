import { toRecord } from '../values/is-record.ts';
import type { FailureType } from './failures.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { AgentAnswer } from './run.ts';

/**
 * The answer of a run whose callback died: the run fails with `CallbackUndeliverable`, and its agent was paid all the same.
 *
 * @param failure what `agentRunChild`, or the result of a run, was rejected with
 * @returns undefined for any other failure
 * @example
 * const answer = await agentRunChild(text, { agent: 'writer', callback }).catch((error: unknown) => {
 *   const paid = undeliveredAnswer(error);
 *   if (paid === undefined) throw error;
 *   return paid;
 * });
 */
export function undeliveredAnswer(failure: unknown): AgentAnswer | undefined {
  let next = failure;
  for (let depth = 0; depth < 16 && next instanceof Error; depth += 1) {
    const { type, details } = toRecord(next);
    if (type === ('CallbackUndeliverable' satisfies FailureType) && Array.isArray(details)) {
      const { status, ...answer } = judgeAnswer(details[0]);
      return status === 'completed' && 'output' in answer ? answer : undefined;
    }
    next = next.cause;
  }
  return undefined;
}
