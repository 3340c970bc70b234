import { listSchedules, type ScheduleState } from '../../runs/schedules/list-schedules.ts';
import type { CliIo } from '../cli-io.ts';
import { printJson } from '../report-outcome.ts';
import { showRelative } from '../show/show-time.ts';
import { toOneLine } from '../show/terminal-text.ts';
import { withTemporal } from './with-temporal.ts';

const NOTE_CHARACTERS = 60;

/** Prints the schedules of a task queue. */
export async function listAll(
  { taskQueue, json }: { readonly taskQueue: string; readonly json: boolean },
  io: CliIo,
): Promise<void> {
  const found = await withTemporal(io, (client) => listSchedules(client, taskQueue));
  if (json) printJson(found, io);
  else if (found.length === 0) {
    io.stderr.write(
      `There are no schedules on the task queue ${taskQueue}: \`setup\` makes those of the settings file.\n`,
    );
  } else io.stdout.write(showSchedules(found, Date.now()));
}

function showSchedules(found: readonly ScheduleState[], now: number): string {
  const rows = [
    ['NAME', 'NEXT', 'LATEST RUN'],
    ...found.map(({ name, paused, note, next, last }) => [
      name,
      paused
        ? `paused${note === undefined ? '' : `: ${toOneLine(note, NOTE_CHARACTERS)}`}`
        : next === undefined
          ? 'never'
          : showRelative(next, now),
      last[0] ?? 'none',
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('');
}
