import type { Client } from '@temporalio/client';
import { pauseSchedule, resumeSchedule, runSchedule, UnknownSchedule } from '../../runs/schedules/control-schedule.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { withTemporal } from './with-temporal.ts';

/** Which schedule, on which task queue. */
interface Named {
  readonly name: string;
  readonly taskQueue: string;
}

/** Starts a run and prints its ID. @throws CliError */
export function runNow({ name, taskQueue }: Named, io: CliIo): Promise<void> {
  return change(name, io, async (client) => {
    const run = await runSchedule(client, taskQueue, name);
    if (run === undefined) {
      throw new CliError('unavailable', 'Temporal has not started the run within 5 s: see `schedules list`.');
    }
    return run;
  });
}

/** @param note why, for whoever finds it paused. @throws CliError */
export function pauseOne({ name, taskQueue }: Named, note: string, io: CliIo): Promise<void> {
  return change(name, io, async (client) => {
    await pauseSchedule(client, taskQueue, name, note);
    return `${name} is paused`;
  });
}

/** @throws CliError */
export function resumeOne({ name, taskQueue }: Named, io: CliIo): Promise<void> {
  return change(name, io, async (client) => {
    await resumeSchedule(client, taskQueue, name);
    return `${name} is resumed`;
  });
}

async function change(name: string, io: CliIo, act: (client: Client) => Promise<string>): Promise<void> {
  try {
    io.stdout.write(`${await withTemporal(io, act)}\n`);
  } catch (error) {
    if (!(error instanceof UnknownSchedule)) throw error;
    const fix = '`schedules list` shows them, and `setup` makes those of the settings file';
    throw new CliError('refused', `There is no schedule "${name}" on this task queue: ${fix}.`, { cause: error });
  }
}
