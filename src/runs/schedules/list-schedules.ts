import type { Client, ScheduleDescription } from '@temporalio/client';
import { OUR_SCHEDULES, scheduleId } from './schedule-options.ts';

/** A schedule of this task queue as Temporal has it. */
export interface ScheduleState {
  readonly name: string;
  readonly paused: boolean;
  /** What an operator said when pausing it. */
  readonly note?: string;
  readonly next?: string;
  /** Run IDs, the latest first. */
  readonly last: readonly string[];
}

/** IDs of the schedules of a task queue that `setup` made. Temporal's list lags by some tenths of a second. */
export async function listScheduleIds({ schedule: temporal }: Client, taskQueue: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId: id } of temporal.list({ query: OUR_SCHEDULES })) {
    if (id.startsWith(scheduleId(taskQueue, ''))) ids.push(id);
  }
  return ids.toSorted();
}

/** The schedules that `setup` made for this task queue, by name. */
export async function listSchedules(client: Client, taskQueue: string): Promise<ScheduleState[]> {
  const ids = await listScheduleIds(client, taskQueue);
  const found = await Promise.all(ids.map((id) => client.schedule.getHandle(id).describe()));
  return found.map((one) => toState(one, taskQueue));
}

function toState({ scheduleId: id, state, info }: ScheduleDescription, taskQueue: string): ScheduleState {
  const next = state.paused ? undefined : info.nextActionTimes[0]?.toISOString();
  return {
    name: id.slice(taskQueue.length + 1),
    paused: state.paused,
    ...(state.note !== undefined && state.note !== '' && { note: state.note }),
    ...(next !== undefined && { next }),
    last: info.recentActions.map(({ action }) => action.workflow.workflowId).toReversed(),
  };
}
