import type { Command } from 'commander';
import { DEFAULT_TASK_QUEUE } from '../../contract/names.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

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
    .argument('<name>', 'name of the schedule in the settings file')
    .action((name: string, flags: QueueFlags) =>
      change(name, async ({ runSchedule }, client) => {
        const run = await runSchedule(client, queueOf(flags, io), name);
        if (run === undefined)
          throw new CliError('unavailable', 'Temporal has not started the run within 5 s: see `schedules list`.');
        io.stdout.write(`${run}\n`);
      }),
    );
  finish(running, [['garudust-temporal schedules run nightly', 'print the ID of the run']]);

  const pausing = schedules
    .command('pause')
    .summary('start no runs of a schedule until it is resumed')
    .description('Start no runs of a schedule until it is resumed. `setup` leaves it paused.')
    .argument('<name>', 'name of the schedule in the settings file')
    .option('--note <text>', 'why, for whoever finds it paused', 'Paused by garudust-temporal.')
    .action((name: string, { note, ...flags }: QueueFlags & { readonly note: string }) =>
      change(name, async ({ pauseSchedule }, client) => {
        await pauseSchedule(client, queueOf(flags, io), name, note);
        io.stdout.write(`${name} is paused\n`);
      }),
    );
  finish(pausing, [
    ['garudust-temporal schedules pause nightly --note "until the migration is over"', 'with the reason'],
  ]);

  const resuming = schedules
    .command('resume')
    .summary('start runs of a paused schedule again')
    .description('Start runs of a paused schedule again. What was due meanwhile is not made up for.')
    .argument('<name>', 'name of the schedule in the settings file')
    .action((name: string, flags: QueueFlags) =>
      change(name, async ({ resumeSchedule }, client) => {
        await resumeSchedule(client, queueOf(flags, io), name);
        io.stdout.write(`${name} is resumed\n`);
      }),
    );
  finish(resuming, [['garudust-temporal schedules resume nightly', 'from the next time on']]);

  type Control = typeof import('../../runs/schedules/control-schedule.ts');
  type Client = Parameters<Control['resumeSchedule']>[0];

  async function change(name: string, act: (control: Control, client: Client) => Promise<void>): Promise<void> {
    const control = await import('../../runs/schedules/control-schedule.ts');
    const { withTemporal } = await import('../schedules/with-temporal.ts');
    try {
      await withTemporal(io, (client) => act(control, client));
    } catch (error) {
      if (!(error instanceof control.UnknownSchedule)) throw error;
      throw new CliError(
        'refused',
        `There is no schedule "${name}" on this task queue: \`schedules list\` shows them, and \`setup\` makes those of the settings file.`,
      );
    }
  }
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
