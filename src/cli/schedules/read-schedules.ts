import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { DEFAULT_FILE, FILE_VARIABLE, loadConfig } from '../../config/load-config.ts';
import type { PlannedSchedule } from '../../runs/schedules/planned-schedule.ts';
import type { TemporalPlugin } from '../../stack/load-plugins.ts';
import { planSchedules } from '../../stack/plan-schedules.ts';
import { schedulePlugins } from '../../stack/schedule-plugins.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';

/** The schedules of a settings file, and where their runs go. */
export interface ReadSchedules {
  readonly schedules: readonly PlannedSchedule[];
  readonly taskQueue: string;
  /** What writes the payloads of their runs. */
  readonly plugins: readonly TemporalPlugin[];
}

/**
 * @param config the settings file; default: that of the environment, or `garudust-temporal.yaml` where there is one
 * @returns undefined when there is no file, or it says nothing of schedules: then nothing is known of those in Temporal
 * @throws CliError `usage` for settings that can't be used
 */
export async function readSchedules(
  config: string | undefined,
  { env, cwd }: CliIo,
): Promise<ReadSchedules | undefined> {
  const file = config ?? (env[FILE_VARIABLE] || DEFAULT_FILE);
  const isThere = existsSync(resolve(cwd, file));
  if (config === undefined && (!isThere || !/^schedules\s*:/m.test(readFileSync(resolve(cwd, file), 'utf8'))))
    return undefined;
  try {
    const loaded = loadConfig({ mode: 'production', file, env, cwd });
    const plugins = await schedulePlugins(loaded.config);
    return { schedules: await planSchedules(loaded), taskQueue: loaded.config.taskQueue, plugins };
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
}
