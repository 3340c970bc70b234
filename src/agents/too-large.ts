import { AgentError } from './agent.ts';

/** An answer over the limit, of which nothing is kept. */
export function tooLarge(maxAnswerBytes: number): AgentError {
  return new AgentError('AnswerTooLarge', `answered with more than ${maxAnswerBytes} bytes`);
}
