import type { RunResource } from '../protocol/run-resource.ts';
import type { CliIo } from './cli-io.ts';
import type { ExitName } from './exit-codes.ts';
import { showCallback, STATUS_PHRASES } from './show/show-run.ts';
import { toTerminalText } from './show/terminal-text.ts';

const EXIT_OF = {
  completed: 'ok',
  failed: 'runFailed',
  timed_out: 'runTimedOut',
  canceled: 'runCanceled',
  queued: 'stillRunning',
  running: 'stillRunning',
  input_required: 'stillRunning',
} as const satisfies Record<RunResource['status'], ExitName>;

/**
 * Prints how a run that was waited for ended: its output, or with `json` the whole run, on stdout; what else there is to
 * say on stderr.
 *
 * @returns how the command ends for it
 */
export function reportOutcome(run: RunResource, io: CliIo, { json }: { readonly json: boolean }): ExitName {
  if (json) printJson(run, io);
  else if (run.status === 'completed') printOutput(run.output ?? '', io);
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

/** A file or pipe gets the output as it is; a terminal gets nothing that could steer it. */
function printOutput(output: string, { stdout }: CliIo): void {
  const text = stdout.isTTY === true ? toTerminalText(output, { keepLines: true }) : output;
  stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
