import { AgentError } from '../agent.ts';

/** A program that is not there, or may not be run. */
export function notRunnable(problem: string): AgentError {
  return new AgentError('AgentMisconfigured', `is a program that is ${problem} on this worker`);
}

/** Sorts an error of the system on the way to a running program, by its code. */
export function toStartFailure(error: unknown): AgentError {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  if (code === 'E2BIG') return new AgentError('TaskRefused', 'takes no arguments of this size (E2BIG)');
  if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOEXEC') {
    return new AgentError('AgentMisconfigured', `is a program that this worker cannot run (${code})`);
  }
  const fix = "Raise the worker's limits of processes, open files and memory, or lower this agent's concurrency.";
  return new AgentError('AgentUnreachable', `is a program that could not be started (${code})`, { fix });
}
