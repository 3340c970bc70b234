import { JournalLockedError } from '../activities/journal/journal-errors.ts';
import { ListenError } from '../ingress/http/listen-error.ts';
import { CliError } from '../cli/cli-error.ts';

/** What can be wrong with a place: one sentence that says which and what to do. */
export function explainStart(error: unknown): unknown {
  if (error instanceof ListenError || error instanceof JournalLockedError) {
    return new CliError('usage', error.message, { cause: error });
  }
  return error;
}
