import type { Info } from '@temporalio/activity';
import { isRecord } from '../../values/is-record.ts';
import { type JournalWriter, toWriter } from './journal-writer.ts';

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

/** The content of a journal file. */
export interface JournalRecord {
  readonly attempt: JournaledAttempt;
  /** Undefined while the activity runs, or when its worker crashed before it ended. */
  readonly kept: KeptResult | undefined;
  /** Undefined in files of earlier versions. */
  readonly writer: JournalWriter | undefined;
}

const VERSION = 1;

/** The first line of a file, written when the attempt starts. */
export function attemptLine(attempt: JournaledAttempt, writer: JournalWriter): string {
  return `${JSON.stringify({ version: VERSION, writer, ...attempt })}\n`;
}

/** The second line, appended with the result. */
export function resultLine(result: unknown): string {
  return `${JSON.stringify({ result })}\n`;
}

/**
 * Reads a journal file. A line that was truncated by a crash is not JSON, and counts as missing.
 *
 * @returns undefined when the first line cannot be read.
 */
export function parseRecord(text: string): JournalRecord | undefined {
  const [first = '', second = ''] = text.split('\n');
  const { version, writer, ...attempt } = parse(first) ?? {};
  if (version !== VERSION || !isAttempt(attempt)) return undefined;
  const kept = parse(second);
  return { attempt, kept: kept === undefined ? undefined : { result: kept['result'] }, writer: toWriter(writer) };
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

function isAttempt(value: object): value is JournaledAttempt {
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

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
