import type { Client, ScheduleDescription } from '@temporalio/client';
import { OWNER_MEMO } from './schedule-options.ts';

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

/** The schedules that `setup` made for this task queue, by name. */
export async function listSchedules({ schedule: temporal }: Client, taskQueue: string): Promise<ScheduleState[]> {
  const ids: string[] = [];
  for await (const { scheduleId, memo } of temporal.list()) {
    if (memo?.[OWNER_MEMO] === taskQueue) ids.push(scheduleId);
  }
  const found = await Promise.all(ids.toSorted().map((id) => temporal.getHandle(id).describe()));
  return found.map((one) => toState(one, taskQueue));
}

function toState({ scheduleId, state, info }: ScheduleDescription, taskQueue: string): ScheduleState {
  const next = state.paused ? undefined : info.nextActionTimes[0]?.toISOString();
  return {
    name: scheduleId.slice(taskQueue.length + 1),
    paused: state.paused,
    ...(state.note !== undefined && state.note !== '' && { note: state.note }),
    ...(next !== undefined && { next }),
    last: info.recentActions.map(({ action }) => action.workflow.workflowId).toReversed(),
  };
}
