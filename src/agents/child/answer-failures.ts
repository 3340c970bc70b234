import { AgentError } from '../agent.ts';

/** A program that ended as if all were well, and said nothing. */
export function noAnswer(): AgentError {
  const fix = 'Run the program by hand with the same task: it must write its answer to standard output.';
  return new AgentError('ModelAnswerUnreadable', 'ended without an answer (exit code 0)', { fix });
}

/** @param silenceMs how long it wrote nothing */
export function silent(silenceMs = 0): AgentError {
  const fix = 'Raise silence_timeout of this agent if it works that long without a word.';
  return new AgentError('AgentTimeout', `wrote nothing for ${Math.round(silenceMs / 1000)} s`, { fix });
}
