import type { Config } from '../config/config.ts';
import { Payloads } from '../payloads/payloads.ts';
import { loadPlugins, type TemporalPlugin } from './load-plugins.ts';

/**
 * The plugins of a client that writes schedules. It keeps their tasks in Temporal, however large: objects of a store are removed
 * after a while, and a schedule stays.
 *
 * @throws StartError for a plugin that cannot be loaded
 */
export async function schedulePlugins({
  worker,
  payloads,
}: Pick<Config, 'worker' | 'payloads'>): Promise<TemporalPlugin[]> {
  const { storage: _, ...inTemporal } = payloads;
  return [...(await loadPlugins(worker.plugins)), new Payloads(inTemporal)];
}
