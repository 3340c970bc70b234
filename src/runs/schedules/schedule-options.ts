import { type ScheduleDescription, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { startOptions } from '../kinds/start-options.ts';
import { workflowTypeOf } from '../run-kinds.ts';
import type { PlannedSchedule } from './planned-schedule.ts';

const OVERLAP = {
  skip: ScheduleOverlapPolicy.SKIP,
  buffer_one: ScheduleOverlapPolicy.BUFFER_ONE,
  allow_all: ScheduleOverlapPolicy.ALLOW_ALL,
} as const satisfies Record<PlannedSchedule['overlap'], ScheduleOverlapPolicy>;

/** The schedule ID: several installations may share a namespace, and have a task queue each. */
export function scheduleId(taskQueue: string, name: string): string {
  return `${taskQueue}/${name}`;
}

const OWNER = defineSearchAttributeKey(SEARCH_ATTRIBUTE.source, 'KEYWORD');
const OWNER_VALUE = 'schedule';

/** Finds the schedules that `setup` made. A query, because the list decodes memos, and others may encrypt theirs. */
export const OUR_SCHEDULES = `${SEARCH_ATTRIBUTE.source} = '${OWNER_VALUE}'`;

/** Whether `setup` made a schedule. */
export function isOurs({ typedSearchAttributes }: Pick<ScheduleDescription, 'typedSearchAttributes'>): boolean {
  return typedSearchAttributes.get(OWNER) === OWNER_VALUE;
}

/**
 * A schedule as Temporal takes it. Temporal adds the time at which a run is due to `workflowId`, which makes it a run ID as
 * `isRunId` knows it.
 */
export function scheduleOptions(
  { name, cron, every, timeZone, overlap, catchUp, plan }: PlannedSchedule,
  taskQueue: string,
): Omit<ScheduleOptions, 'state'> {
  const start = startOptions(plan, { taskQueue, eager: false });
  return {
    scheduleId: scheduleId(taskQueue, name),
    spec: {
      ...(cron !== undefined && { cronExpressions: [cron] }),
      ...(every !== undefined && { intervals: [{ every }] }),
      ...(timeZone !== undefined && { timezone: timeZone }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypeOf(plan.input),
      workflowId: `run-${name}`,
      taskQueue,
      args: start.args,
      ...(start.memo && { memo: start.memo }),
      ...(start.workflowTaskTimeout !== undefined && { workflowTaskTimeout: start.workflowTaskTimeout }),
      ...(start.staticSummary !== undefined && { staticSummary: start.staticSummary }),
      ...(start.staticDetails !== undefined && { staticDetails: start.staticDetails }),
      ...(start.priority && { priority: start.priority }),
      ...(start.typedSearchAttributes && { typedSearchAttributes: start.typedSearchAttributes }),
    },
    policies: { overlap: OVERLAP[overlap], catchupWindow: catchUp },
    typedSearchAttributes: [{ key: OWNER, value: OWNER_VALUE }],
  };
}
