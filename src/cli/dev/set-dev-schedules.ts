import { Client, Connection } from '@temporalio/client';
import { reconcileSchedules } from '../../runs/schedules/reconcile-schedules.ts';
import type { LoadedProcess } from '../../stack/load-process.ts';
import { planSchedules } from '../../stack/plan-schedules.ts';
import { schedulePlugins } from '../../stack/schedule-plugins.ts';
import { type TemporalSettings, toClientOptions } from '../../stack/temporal-settings.ts';

/**
 * Does what `setup` does with schedules, on the server that `dev` has started: on any other they are somebody else's.
 *
 * @throws StartError for a task that the ingress would refuse
 */
export async function setDevSchedules(
  { loaded, logger }: Pick<LoadedProcess, 'loaded' | 'logger'>,
  { connectionOptions, namespace }: TemporalSettings,
): Promise<void> {
  const planned = await planSchedules(loaded);
  const connection = await Connection.connect(toClientOptions(connectionOptions));
  try {
    const client = new Client({ connection, namespace, plugins: await schedulePlugins(loaded.config) });
    for (const { name, problem } of await reconcileSchedules(client, planned, loaded.config)) {
      if (problem !== undefined) logger.warn({ schedule: name }, `schedule ${name}: ${problem}`);
    }
  } finally {
    await connection.close();
  }
}
