import type { Info } from '@temporalio/activity';

/** The activity of an entry: the same for all its attempts, different from every other activity. */
export interface ActivityKey {
  /** Absent for an activity that no workflow started. */
  readonly workflowId?: string;
  readonly runId: string;
  readonly activityId: string;
  /** When the activity was first scheduled, in milliseconds since the epoch: a workflow may reuse an ID. */
  readonly scheduledAt: number;
}

/** One attempt of an activity, with all that is needed to report its end to Temporal. */
export interface JournaledAttempt extends ActivityKey {
  readonly activityType: string;
  readonly attempt: number;
  /** Base64. */
  readonly taskToken: string;
}

/** A result, wrapped because it may be undefined. */
export interface KeptResult {
  readonly result: unknown;
}

export function activityKeyOf(
  info: Pick<Info, 'workflowExecution' | 'activityRunId' | 'activityId' | 'scheduledTimestampMs'>,
): ActivityKey {
  const { workflowExecution, activityRunId, activityId, scheduledTimestampMs } = info;
  return {
    ...(workflowExecution !== undefined && { workflowId: workflowExecution.workflowId }),
    runId: workflowExecution?.runId ?? activityRunId ?? '',
    activityId,
    scheduledAt: scheduledTimestampMs,
  };
}

/** The key as a string. */
export function keyOf({ workflowId = '', runId, activityId, scheduledAt }: ActivityKey): string {
  return JSON.stringify([workflowId, runId, activityId, scheduledAt]);
}

/** Whether a value that was read is an attempt. */
export function isAttempt(value: object): value is JournaledAttempt {
  const {
    workflowId = '',
    runId,
    activityId,
    taskToken,
    activityType,
    attempt,
    scheduledAt,
  } = value as Record<string, unknown>;
  return (
    [workflowId, runId, activityId, taskToken, activityType].every((text) => typeof text === 'string') &&
    [attempt, scheduledAt].every((number) => typeof number === 'number')
  );
}
