import type { TaskPlan } from '../accepted-task.ts';

/** A schedule as the settings have it. Durations are milliseconds. */
export interface PlannedSchedule {
  readonly name: string;
  /** Where the settings have it, for an error. */
  readonly place: string;
  /** This or `every`. */
  readonly cron: string | undefined;
  readonly every: number | undefined;
  /** Of `cron`, by its IANA name. */
  readonly timeZone: string | undefined;
  /** How late a run may start that was due while Temporal was down. */
  readonly catchUp: number;
  readonly overlap: 'skip' | 'buffer_one' | 'allow_all';
  /** The task of each run. Its memo's `bodySha256` is that of the whole definition. */
  readonly plan: TaskPlan;
}
