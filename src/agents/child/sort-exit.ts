import type { FailureType } from '../../contract/failures.ts';
import { AgentError } from '../agent.ts';
import type { ChildExit } from './start-child.ts';

/** What one way to end means. */
interface ExitRow {
  readonly type: FailureType;
  readonly what: string;
  readonly fix?: string;
}

const MEMORY_FIX = "Check whether its memory ran out: the kernel's log and the container's limit tell.";

/** Exit codes that say more than "failed": those of `sysexits.h`, of shells, and of shells for signals (128 and the signal's number). */
export const EXIT_CODES: Readonly<Record<number, ExitRow>> = {
  65: { type: 'TaskRefused', what: 'refused the task' },
  69: { type: 'ModelUnavailable', what: 'cannot reach what it needs' },
  75: { type: 'ModelRateLimited', what: 'failed for now, and asks to be tried again' },
  77: { type: 'AgentKeyRefused', what: 'lacks a permission or a key' },
  78: { type: 'AgentMisconfigured', what: 'is not configured correctly' },
  126: { type: 'AgentMisconfigured', what: 'starts a program that is not executable' },
  127: { type: 'AgentMisconfigured', what: 'starts a program that is missing' },
  137: { type: 'AgentFailed', what: 'was killed', fix: MEMORY_FIX },
  143: { type: 'AgentFailed', what: 'was ended by somebody else' },
};

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, ExitRow>>> = {
  SIGKILL: { type: 'AgentFailed', what: 'was killed', fix: MEMORY_FIX },
  SIGTERM: { type: 'AgentFailed', what: 'was ended by somebody else' },
};

/**
 * Sorts the end of a program that gave no answer into the failure table, by its exit code or its signal alone.
 *
 * @param fix how to see more, where the row has no better advice
 */
export function sortExit({ code, signal }: ChildExit, fix?: string): AgentError {
  const how = signal ?? `exit code ${code}`;
  const row = (signal === null ? EXIT_CODES[code ?? -1] : SIGNALS[signal]) ?? { type: 'AgentFailed', what: 'failed' };
  const advice = row.fix ?? fix;
  return new AgentError(row.type, `${row.what} (${how})`, advice === undefined ? {} : { fix: advice });
}
