import { type Client, type ScheduleHandle, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOurs, scheduleId } from './schedule-options.ts';

/** Thrown for a schedule that is not in Temporal, or that `setup` did not make. */
export class UnknownSchedule extends Error {}

const STARTED_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 100;

/**
 * Starts a run of a schedule now, whatever its overlap policy says, also where it is paused.
 *
 * @returns the run ID; undefined when Temporal has not started the run within five seconds
 * @throws UnknownSchedule
 */
export async function runSchedule(client: Client, taskQueue: string, name: string): Promise<string | undefined> {
  const handle = await findSchedule(client, taskQueue, name);
  const before = await latest(handle);
  await handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
  const giveUpAt = performance.now() + STARTED_WITHIN_MS;
  for (;;) {
    const now = await latest(handle);
    if (now !== before) return now;
    if (performance.now() > giveUpAt) return undefined;
    await sleep(LOOK_EVERY_MS);
  }
}

/** @throws UnknownSchedule */
export async function pauseSchedule(client: Client, taskQueue: string, name: string, note: string): Promise<void> {
  await (await findSchedule(client, taskQueue, name)).pause(note);
}

/** @throws UnknownSchedule */
export async function resumeSchedule(client: Client, taskQueue: string, name: string): Promise<void> {
  await (await findSchedule(client, taskQueue, name)).unpause('Resumed by garudust-temporal.');
}

async function findSchedule({ schedule }: Client, taskQueue: string, name: string): Promise<ScheduleHandle> {
  const handle = schedule.getHandle(scheduleId(taskQueue, name));
  try {
    if (isOurs(await handle.describe())) return handle;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  throw new UnknownSchedule(name);
}

async function latest(handle: ScheduleHandle): Promise<string | undefined> {
  return (await handle.describe()).info.recentActions.at(-1)?.action.workflow.workflowId;
}
