import { isRecord } from '../../values/is-record.ts';

/** Which activity an entry belongs to. All attempts of one activity share this, and no other activity does. */
export interface ActivityKey {
  /** Absent for an activity that no workflow started. */
  readonly workflowId?: string;
  readonly runId: string;
  readonly activityId: string;
  /** When the activity was first scheduled, in milliseconds since the epoch: a workflow may use an id again. */
  readonly scheduledAt: number;
}

/** One attempt of an activity, by which Temporal takes its end from anybody. */
export interface JournaledAttempt extends ActivityKey {
  readonly activityType: string;
  readonly attempt: number;
  /** Base64. */
  readonly taskToken: string;
}

/** A result in a box, as a result may be undefined. */
export interface KeptResult {
  readonly result: unknown;
}

/** What a file of the journal says. */
export interface JournalRecord {
  readonly attempt: JournaledAttempt;
  /** Undefined while the activity runs, or when its worker died before it had one. */
  readonly kept: KeptResult | undefined;
}

const VERSION = 1;

/** The first line of a file, written when the attempt begins. */
export function attemptLine(attempt: JournaledAttempt): string {
  return `${JSON.stringify({ version: VERSION, ...attempt })}\n`;
}

/** The second line, added when there is a result. */
export function resultLine(result: unknown): string {
  return `${JSON.stringify({ result })}\n`;
}

/**
 * Reads a file of the journal. A line that was being written when the worker died is no JSON, and counts as not there.
 *
 * @returns undefined when not even the first line can be read.
 */
export function parseRecord(text: string): JournalRecord | undefined {
  const [first = '', second = ''] = text.split('\n');
  const { version, ...attempt } = parse(first) ?? {};
  if (version !== VERSION || !isAttempt(attempt)) return undefined;
  const kept = parse(second);
  return { attempt, kept: kept === undefined ? undefined : { result: kept['result'] } };
}

/** One text for one activity. */
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
