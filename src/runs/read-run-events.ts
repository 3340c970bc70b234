import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { type Decoder, toIso } from './temporal-answer.ts';

type Event = temporal.api.history.v1.IHistoryEvent;

/** One scheduling of an activity, as the history tells it. */
export interface ActivityRecord {
  readonly activityId: string;
  /** `open` covers waiting, running and backing off: only `describe` tells these apart. */
  readonly state: 'open' | 'completed' | 'failed' | 'canceled';
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

/** What the history of a run tells. */
export interface RunEvents {
  readonly agent?: ActivityRecord;
  /** In the order in which they were scheduled: a redelivery is one more. */
  readonly callbacks: readonly ActivityRecord[];
  /** What the workflow failed with. */
  readonly failure?: Error;
}

/** Reads the events of a run; needs no worker. */
export async function readRunEvents(events: readonly Event[], decoder: Decoder): Promise<RunEvents> {
  const records = new Map<string, ActivityRecord>();
  let failure: Error | undefined;
  for (const event of events) {
    if (event.activityTaskScheduledEventAttributes) {
      const { activityId, input } = event.activityTaskScheduledEventAttributes;
      records.set(String(event.eventId), {
        activityId: activityId ?? '',
        state: 'open',
        input: await decoder.first(input),
      });
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      update(records, started.scheduledEventId, {
        ...withDefined('startedAt', toIso(event.eventTime)),
        ...withDefined('attempt', started.attempt ?? undefined),
        ...withDefined('earlierFailure', await decoder.failure(started.lastFailure)),
      });
    }
    await readEnd(event, records, decoder);
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) failure = await decoder.failure(failed.failure);
  }
  const all = [...records.values()];
  const agent = all.findLast(({ activityId }) => activityId === ACTIVITY_ID.agent);
  return {
    ...(agent && { agent }),
    callbacks: all.filter(({ activityId }) => activityId === ACTIVITY_ID.callback),
    ...(failure && { failure }),
  };
}

async function readEnd(event: Event, records: Map<string, ActivityRecord>, decoder: Decoder): Promise<void> {
  const endedAt = withDefined('endedAt', toIso(event.eventTime));
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) {
    const result = await decoder.first(completed.result);
    update(records, completed.scheduledEventId, { state: 'completed', result, ...endedAt });
  }
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (failed) {
    const failure = await decoder.failure(failed.failure);
    update(records, failed.scheduledEventId, { state: 'failed', ...withDefined('failure', failure), ...endedAt });
  }
  const canceled = event.activityTaskCanceledEventAttributes;
  if (canceled) update(records, canceled.scheduledEventId, { state: 'canceled', ...endedAt });
}

function update(records: Map<string, ActivityRecord>, id: unknown, change: Partial<ActivityRecord>): void {
  const record = records.get(String(id));
  if (record !== undefined) records.set(String(id), { ...record, ...change });
}

function withDefined<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [name in K]: V });
}
