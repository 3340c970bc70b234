import type { RunResource } from '../protocol/run-resource.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import type { ExitName } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import { reportOutcome } from './report-outcome.ts';
import { shellQuote } from './shell-quote.ts';
import { createProgress } from './show/progress.ts';

export interface WaitFlags {
  /** As it was given: repeated in the hint how to go on. */
  readonly url?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
  /** The run as it was last seen. */
  readonly seen?: RunResource;
}

/** The command line that follows a run, for hints; `url` is the flag as it was given. */
export function waitCommand(id: string, url: string | undefined): string {
  return ['garudust-temporal runs wait', id, ...(url === undefined ? [] : ['--url', shellQuote(url)])].join(' ');
}

/**
 * Follows a run with its progress on stderr and prints how it ended.
 *
 * @throws CliError `interrupted`, saying how to go on
 */
export async function waitAndReport(api: ApiClient, id: string, flags: WaitFlags, io: CliIo): Promise<ExitName> {
  const { interrupted } = io;
  const goOn = waitCommand(id, flags.url);
  const progress = createProgress(io);
  let run: RunResource;
  try {
    const seen = flags.seen === undefined ? {} : { seen: flags.seen };
    run = await followRun(api, id, { progress, interrupted, timeoutMs: flags.timeout, ...seen });
  } catch (error) {
    if (interrupted.aborted) throw new CliError('interrupted', `Interrupted; the run goes on. Follow it: ${goOn}`);
    if (error instanceof ApiError && error.passing) {
      throw new ApiError(`${error.message} The run goes on all the same. Follow it later: ${goOn}`, error, {
        cause: error,
      });
    }
    throw error;
  } finally {
    progress.stop();
  }
  const exit = reportOutcome(run, io, { json: flags.json === true });
  if (exit === 'stillRunning') io.stderr.write(`Follow it: ${goOn}\n`);
  return exit;
}
