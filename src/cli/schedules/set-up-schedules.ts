import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Connection } from '@temporalio/client';
import { reconcileSchedules } from '../../runs/schedules/reconcile-schedules.ts';
import type { SetupStep } from '../temporal-server/set-up-server.ts';
import type { ReadSchedules } from './read-schedules.ts';

/** A server knows new search attributes, by which schedules are found, after its cache has refreshed. */
const NEW_ATTRIBUTES_MS = 30_000;
const AGAIN_MS = 500;

/**
 * Makes the schedules in Temporal those of the settings, once the server is set up.
 *
 * @param isNew whether search attributes were created just now
 * @throws whatever the connection fails with
 */
export async function setUpSchedules(
  connection: Connection,
  { schedules, taskQueue, plugins }: ReadSchedules,
  { namespace, isNew, check }: { readonly namespace: string; readonly isNew: boolean; readonly check: boolean },
): Promise<SetupStep[]> {
  const client = new Client({ connection, namespace, plugins: [...plugins] });
  const giveUpAt = performance.now() + (isNew ? NEW_ATTRIBUTES_MS : 0);
  for (;;) {
    const isLast = performance.now() >= giveUpAt;
    try {
      const steps = await reconcileSchedules(client, schedules, { taskQueue, check });
      if (isLast || steps.every(({ state }) => state !== 'failed')) {
        return steps.map(({ name, ...step }) => ({ what: `schedule ${name}`, ...step }));
      }
    } catch (error) {
      if (isLast) throw error;
    }
    await sleep(AGAIN_MS);
  }
}
