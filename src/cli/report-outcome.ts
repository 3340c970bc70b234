import type { RunResource } from '../protocol/run-resource.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { CliError, type ExitName } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import { followRun } from './follow-run.ts';
import { createProgress } from './show/progress.ts';
import { StreamedAnswer } from './show/streamed-answer.ts';
import { showCallback, STATUS_PHRASES } from './show/show-run.ts';
import { shellQuote, toTerminalText } from './show/terminal-text.ts';

const EXIT_OF = {
  completed: 'ok',
  failed: 'runFailed',
  timed_out: 'runTimedOut',
  canceled: 'runCanceled',
  queued: 'stillRunning',
  running: 'stillRunning',
  paused: 'stillRunning',
  input_required: 'stillRunning',
} as const satisfies Record<RunResource['status'], ExitName>;

/**
 * Prints how a run ended: its output, or with `json` the whole run, on stdout; everything
 * else on stderr.
 *
 * @param streamed what of the output is on the terminal already
 * @returns how the command ends for it
 */
export function reportOutcome(
  run: RunResource,
  io: CliIo,
  { json, streamed }: { readonly json: boolean; readonly streamed?: StreamedAnswer | undefined },
): ExitName {
  if (json) printJson(run, io);
  else if (run.status === 'completed') printOutput(streamed?.rest(run.output ?? '') ?? run.output ?? '', io);
  else streamed?.breakLine();
  if (run.status !== 'completed') {
    const why = run.error === undefined ? '' : `: ${run.error.message} (${run.error.code})`;
    io.stderr.write(
      toTerminalText(`${run.id} ${run.terminal ? '' : 'still '}${STATUS_PHRASES[run.status]}${why}`) + '\n',
    );
  }
  if (run.callback.status === 'retrying' || run.callback.status === 'dead') {
    io.stderr.write(`The callback is ${toTerminalText(showCallback(run.callback, Date.now()) ?? '')}.\n`);
  }
  return EXIT_OF[run.status];
}

/** One JSON document on stdout. */
export function printJson(value: unknown, io: Pick<CliIo, 'stdout'>): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A file or pipe gets the raw output; a terminal gets no control characters. */
function printOutput(output: string, { stdout }: CliIo): void {
  const text = stdout.isTTY === true ? toTerminalText(output, { keepLines: true }) : output;
  stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

interface WaitFlags {
  /** As given: the hint repeats it. */
  readonly url?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
  /** The run as it was last seen. */
  readonly seen?: RunResource;
}

/** The command that follows a run, for hints; `url` is the flag as given. */
export function waitCommand(id: string, url: string | undefined, { callName }: Pick<CliIo, 'callName'>): string {
  return [callName, 'runs wait', id, ...(url === undefined ? [] : ['--url', shellQuote(url)])].join(' ');
}

/**
 * Follows a run with its progress on stderr and prints how it ended.
 *
 * @throws CliError `interrupted`, naming the command that continues
 */
export async function waitAndReport(api: ApiClient, id: string, flags: WaitFlags, io: CliIo): Promise<ExitName> {
  const { interrupted } = io;
  const resume = waitCommand(id, flags.url, io);
  const progress = createProgress(io);
  const streamed = io.stdout.isTTY === true && flags.json !== true ? new StreamedAnswer(io.stdout) : undefined;
  let run: RunResource;
  try {
    const seen = flags.seen === undefined ? {} : { seen: flags.seen };
    run = await followRun(api, id, { progress, answer: streamed, interrupted, timeoutMs: flags.timeout, ...seen });
  } catch (error) {
    streamed?.breakLine();
    if (interrupted.aborted) throw new CliError('interrupted', `Interrupted; the run continues. Follow it: ${resume}`);
    if (error instanceof ApiError && error.passing) {
      throw new ApiError(`${error.message} The run continues. Follow it later: ${resume}`, error, {
        cause: error,
      });
    }
    throw error;
  } finally {
    progress.stop();
  }
  const exit = reportOutcome(run, io, { json: flags.json === true, streamed });
  if (exit === 'stillRunning') io.stderr.write(`Follow it: ${resume}\n`);
  return exit;
}
