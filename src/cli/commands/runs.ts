import type { Command } from 'commander';
import { type ApiReply, connectApi } from '../api-client.ts';
import { type CliIo, colorsFor } from '../cli-io.ts';
import { type CommandNotes, setNotes } from '../command-notes.ts';
import { parseDuration, parseRunId } from '../flag-values.ts';
import { printJson, waitAndReport } from '../report-outcome.ts';
import { addUrlOption } from '../server-url.ts';
import { showRun, STATUS_PHRASES } from '../show/show-run.ts';
import { addRunsAnswer } from './runs-answer.ts';
import { addRunsList } from './runs-list.ts';
import { addRunsRedeliver } from './runs-redeliver.ts';

interface RunFlags {
  readonly url?: string;
  readonly json?: boolean;
}

const NOTES = {
  environment: ['GARUDUST_TEMPORAL_URL', 'RUNS_API_KEY'],
  exits: ['ok', 'usage', 'unavailable', 'refused', 'interrupted'],
} as const satisfies CommandNotes;

/** `runs list`, `runs get|wait|cancel|delete <id>` and `runs redeliver`. */
export function addRuns(program: Command, io: CliIo): void {
  const runs = program
    .command('runs')
    .summary('list runs; show, follow, cancel, redeliver or delete one')
    .description('List the runs of a server; show, follow, cancel, redeliver or delete one.')
    .helpCommand(false);
  addRunsList(runs, io);
  addGet(runs, io);
  addWait(runs, io);
  addCancel(runs, io);
  addRunsRedeliver(runs, io);
  addRunsAnswer(runs, io);
  addDelete(runs, io);
  setNotes(runs, { environment: NOTES.environment });
}

function addGet(runs: Command, io: CliIo): void {
  const command = addRunCommand(runs, 'get', 'show a run', 'Show the status of a run and of its callback.').action(
    async (id: string, flags: RunFlags) => {
      const run = await connectApi(flags, io).getRun(id);
      if (flags.json === true) printJson(run, io);
      else io.stdout.write(`${showRun(run, { now: Date.now(), colors: colorsFor(io.stdout, io.env) })}\n`);
    },
  );
  setNotes(command, {
    ...NOTES,
    examples: [
      ['garudust-temporal runs get run-4x7q…', 'for people'],
      ['garudust-temporal runs get run-4x7q… --json | jq .callback.status', 'for a script'],
    ],
  });
}

function addWait(runs: Command, io: CliIo): void {
  const command = addRunCommand(
    runs,
    'wait',
    'follow a run until it ends',
    'Follow a run until it ends and print its output.',
  )
    .option('--timeout <duration>', 'maximum wait, such as 90s or 10m (default: no limit)', parseDuration)
    .action(async (id: string, flags: RunFlags & { timeout?: number }) => {
      io.exit = await waitAndReport(connectApi(flags, io), id, flags, io);
    });
  setNotes(command, {
    ...NOTES,
    exits: [
      'ok',
      'runFailed',
      'usage',
      'unavailable',
      'refused',
      'runTimedOut',
      'runCanceled',
      'stillRunning',
      'interrupted',
    ],
    examples: [
      ['garudust-temporal runs wait run-4x7q… --timeout 10m > answer.txt', 'only the output goes into the file'],
    ],
  });
}

function addCancel(runs: Command, io: CliIo): void {
  const command = addRunCommand(
    runs,
    'cancel',
    'ask a run to stop',
    'Ask a run to stop. Its agent is aborted; its callback is still sent.',
  ).action(async (id: string, flags: RunFlags) => {
    const reply = await connectApi(flags, io).cancelRun(id);
    report(reply, flags, io, `Asked ${id} to stop.`, `Nothing to do: ${id} ${STATUS_PHRASES[reply.run.status]}.`);
  });
  setNotes(command, { ...NOTES, examples: [['garudust-temporal runs cancel run-4x7q…', 'stop it']] });
}

function addDelete(runs: Command, io: CliIo): void {
  const command = runs
    .command('delete')
    .summary('delete a run that has ended')
    .description('Delete a run that has ended from Temporal for good, with its task and its output.')
    .argument('<id>', 'the run id', parseRunId);
  addUrlOption(command).action(async (id: string, flags: RunFlags) => {
    await connectApi(flags, io).deleteRun(id);
    io.stdout.write(`Deleted ${id}.\n`);
  });
  setNotes(command, {
    ...NOTES,
    more: ['A run whose callback is pending or dead is still open, and refused.'],
    examples: [['garudust-temporal runs delete run-4x7q…', 'its delivery id may then be used for a new run']],
  });
}

function addRunCommand(runs: Command, name: string, summary: string, description: string): Command {
  const command = runs.command(name).summary(summary).description(description);
  command.argument('<id>', 'the run id', parseRunId);
  return addUrlOption(command).option('--json', 'print the run as JSON');
}

function report(reply: ApiReply, flags: RunFlags, io: CliIo, done: string, nothing: string): void {
  if (flags.json === true) printJson(reply.run, io);
  else io.stdout.write(`${reply.unchanged ? nothing : done}\n`);
}
