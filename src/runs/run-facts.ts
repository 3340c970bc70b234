import type { RunMemo } from '../contract/run.ts';

/** How the workflow stands: open, or closed in one of Temporal's ways. */
export type WorkflowState = 'open' | 'completed' | 'failed' | 'canceled' | 'terminated' | 'timed_out';

/**
 * What Temporal knows of a run, read without knowing what any of it means: its kind interprets it (`run-kind.ts`).
 */
export interface RunFacts {
  /** The run id, which is the workflow ID. */
  readonly runId: string;
  /** The workflow type, which decides the run's kind. */
  readonly type: string;
  readonly memo: RunMemo;
  /** Search attributes by name. */
  readonly attributes: Readonly<Record<string, readonly unknown[] | undefined>>;
  readonly workflow: WorkflowState;
  /** Where its worker is found; absent for a run that was just started. */
  readonly taskQueue?: string;
  readonly createdAt?: string;
  readonly closedAt?: string;
  /** The activities that are open now. Empty in a list, which does not tell. */
  readonly pending: readonly PendingActivity[];
  /** Absent where the kind did not need it. */
  readonly history?: RunHistory;
  /** The latest redelivery after the run was closed; absent where there was none, and in a list. */
  readonly redelivery?: RedeliveryFacts;
}

/** What Temporal knows of a workflow `callbackRedelivery`. */
export interface RedeliveryFacts extends Required<Pick<RunFacts, 'workflow' | 'taskQueue' | 'pending' | 'history'>> {
  /** Which redelivery of the closed run it is, from 1. */
  readonly number: number;
}

/** An activity that is open, as `describe` tells it. */
export interface PendingActivity {
  readonly activityId: string;
  /** Whether a worker has it at the moment. */
  readonly running: boolean;
  /** Whether an operator paused it. It may still run for a moment. */
  readonly paused: boolean;
  /** The attempt that runs, or the next one. */
  readonly attempt: number;
  readonly lastFailure?: Error;
  readonly lastStartedAt?: string;
  /** When the next attempt is due; absent while one runs. */
  readonly nextAttemptAt?: string;
  /** The details of the last heartbeat. */
  readonly heartbeat?: unknown;
}

/** What the history of a run tells. */
export interface RunHistory {
  /** In the order in which they were scheduled; an id comes again when it was scheduled again. */
  readonly activities: readonly ActivityRecord[];
  /** Names of the signals that the workflow has received. */
  readonly signals?: readonly string[];
  /** What the workflow returned. */
  readonly result?: unknown;
  /** What the workflow failed with. */
  readonly failure?: Error;
}

/** One scheduling of an activity: which one, and how it stands. */
export interface ActivityOutline {
  readonly activityId: string;
  /** `open` covers waiting, running and backing off: only `describe` tells these apart. */
  readonly state: 'open' | 'completed' | 'failed' | 'canceled';
}

/** One scheduling of an activity, with all that the history holds of it. */
export interface ActivityRecord extends ActivityOutline {
  /** The activity type. */
  readonly type?: string;
  /** What it was called with. */
  readonly input: unknown;
  readonly result?: unknown;
  readonly failure?: Error;
  /** Why the attempt before the last one failed; written like `startedAt`. */
  readonly earlierFailure?: Error;
  /** Start of the last attempt, and its number; written only once the activity is closed. */
  readonly startedAt?: string;
  readonly attempt?: number;
  readonly endedAt?: string;
}
