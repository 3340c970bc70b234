import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { listScheduleIds } from './list-schedules.ts';
import type { PlannedSchedule } from './planned-schedule.ts';
import { isOurs, scheduleId, scheduleOptions } from './schedule-options.ts';

/** What became of a schedule, or what would without `check`. */
export interface ScheduleStep {
  readonly name: string;
  readonly state: 'exists' | 'created' | 'changed' | 'removed' | 'missing' | 'failed';
  /** What is wrong and how to fix it. */
  readonly problem?: string;
}

export interface ReconcileOptions {
  readonly taskQueue: string;
  /** Change nothing: what differs is a step with a problem. Default: false. */
  readonly check?: boolean;
}

/**
 * Makes the schedules of this task queue in Temporal those that are planned: creates, changes and removes. Schedules that
 * others made are left alone, and a paused one stays paused.
 *
 * @throws whatever the connection fails with
 */
export async function reconcileSchedules(
  client: Client,
  planned: readonly PlannedSchedule[],
  { taskQueue, check = false }: ReconcileOptions,
): Promise<ScheduleStep[]> {
  const { schedule: temporal } = client;
  const known = new Set(await listScheduleIds(client, taskQueue));
  const steps: ScheduleStep[] = [];
  for (const one of planned) {
    const handle = temporal.getHandle(scheduleId(taskQueue, one.name));
    known.delete(handle.scheduleId);
    const found = await handle.describe().catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    });
    if (found !== undefined && !isOurs(found)) {
      const problem = `a schedule with the ID ${handle.scheduleId} exists, and \`setup\` did not make it: rename one of them.`;
      steps.push({ name: one.name, state: 'failed', problem });
    } else if (found !== undefined && sha256Of(found) === one.plan.memo.bodySha256) {
      steps.push({ name: one.name, state: 'exists' });
    } else if (check) {
      const problem = `${found === undefined ? 'is not in Temporal yet' : 'differs from the settings file'}: run \`setup\` without --check.`;
      steps.push({ name: one.name, state: found === undefined ? 'missing' : 'failed', problem });
    } else steps.push(await write(temporal, one, taskQueue, found));
  }
  for (const id of known) {
    const name = id.slice(taskQueue.length + 1);
    if (check) {
      steps.push({ name, state: 'failed', problem: 'is not in the settings file: run `setup` without --check.' });
      continue;
    }
    await temporal.getHandle(id).delete();
    steps.push({ name, state: 'removed' });
  }
  return steps;
}

async function write(
  temporal: Client['schedule'],
  planned: PlannedSchedule,
  taskQueue: string,
  found: ScheduleDescription | undefined,
): Promise<ScheduleStep> {
  const { name, place } = planned;
  const { scheduleId: id, ...options } = scheduleOptions(planned, taskQueue);
  try {
    if (found === undefined) {
      await temporal.create({ ...options, scheduleId: id });
      return { name, state: 'created' };
    }
    await temporal.getHandle(id).update(({ state: { paused, note } }) => ({
      ...options,
      state: { paused, ...(note !== undefined && { note }) },
    }));
    return { name, state: 'changed' };
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning)
      return { name, state: 'failed', problem: 'somebody else has just created it: run `setup` again.' };
    const { cause, message } = error as { cause?: { details?: string }; message: string };
    return {
      name,
      state: 'failed',
      problem: `Temporal refuses it (${cause?.details ?? message}): correct ${place}.`,
    };
  }
}

/** What `setup` last wrote, as far as nobody changed the action elsewhere. */
function sha256Of({ action }: ScheduleDescription): unknown {
  return action.memo?.['bodySha256'];
}
