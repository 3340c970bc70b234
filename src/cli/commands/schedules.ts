import type { Command } from 'commander';
import { DEFAULT_TASK_QUEUE } from '../../contract/names.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

const NAME = 'name of the schedule in the settings file';

const PAUSED = 'Paused by garudust-temporal.';

interface QueueFlags {
  readonly taskQueue?: string;
}

/** `schedules`: the schedules that `setup` made from the settings file. */
export function addSchedules(program: Command, io: CliIo): void {
  const schedules = program
    .command('schedules')
    .summary('list, run and pause schedules')
    .description('List, run and pause the schedules that `setup` made from the settings file.');

  const listing = schedules
    .command('list')
    .summary('list the schedules')
    .description('List the schedules with their next and their latest run.')
    .option('--json', 'print the schedules as JSON')
    .action(async (flags: QueueFlags & { readonly json?: boolean }) => {
      const { listAll } = await import('../schedules/list-all.ts');
      await listAll({ taskQueue: queueOf(flags, io), json: flags.json === true }, io);
    });
  finish(listing, [['garudust-temporal schedules list', 'what is due next']]);

  const running = schedules
    .command('run')
    .summary('start a run of a schedule now')
    .description('Start a run of a schedule now, also while it is paused or an earlier run is open.')
    .argument('<name>', NAME)
    .action(async (name: string, flags: QueueFlags) => {
      const { runNow } = await import('../schedules/change-schedule.ts');
      await runNow({ name, taskQueue: queueOf(flags, io) }, io);
    });
  finish(running, [['garudust-temporal schedules run nightly', 'print the ID of the run']]);

  const pausing = schedules
    .command('pause')
    .summary('start no runs of a schedule until it is resumed')
    .description('Start no runs of a schedule until it is resumed. `setup` leaves it paused.')
    .argument('<name>', NAME)
    .option('--note <text>', 'why, for whoever finds it paused')
    .action(async (name: string, { note = PAUSED, ...flags }: QueueFlags & { readonly note?: string }) => {
      const { pauseOne } = await import('../schedules/change-schedule.ts');
      await pauseOne({ name, taskQueue: queueOf(flags, io) }, note, io);
    });
  finish(pausing, [
    ['garudust-temporal schedules pause nightly --note "until the migration is over"', 'with the reason'],
  ]);

  const resuming = schedules
    .command('resume')
    .summary('start runs of a paused schedule again')
    .description('Start runs of a paused schedule again. What was due meanwhile is not made up for.')
    .argument('<name>', NAME)
    .action(async (name: string, flags: QueueFlags) => {
      const { resumeOne } = await import('../schedules/change-schedule.ts');
      await resumeOne({ name, taskQueue: queueOf(flags, io) }, io);
    });
  finish(resuming, [['garudust-temporal schedules resume nightly', 'from the next time on']]);
}

function queueOf({ taskQueue }: QueueFlags, { env }: CliIo): string {
  return taskQueue ?? (env['TEMPORAL_TASK_QUEUE'] || DEFAULT_TASK_QUEUE);
}

function finish(command: Command, examples: readonly (readonly [string, string])[]): void {
  command.option(
    '--task-queue <queue>',
    `task queue of the installation (default: TEMPORAL_TASK_QUEUE, or ${DEFAULT_TASK_QUEUE})`,
  );
  setNotes(command, {
    more: ['TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables select the server.'],
    examples,
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}
