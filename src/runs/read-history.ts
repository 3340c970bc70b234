import type { Client } from '@temporalio/client';
import type { SerializationContext } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import { readFirstPayload } from '../payloads/read-payload.ts';
import { readFirstTry, withAnswer } from './read-first-try.ts';
import type { ActivityOutline, ActivityRecord, RunHistory } from './run-facts.ts';

/** RETRY_STATE_CANCEL_REQUESTED of temporal.api.enums.v1.RetryState. */
const ENDED_BY_A_CANCEL = 7;

/** One event of a history, as Temporal sends it. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/**
 * Reads the whole history of one execution: one page, seldom more.
 *
 * @throws WorkflowNotFoundError of the SDK
 */
export async function readHistory(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  decoder: Decoder,
): Promise<RunHistory> {
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution,
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return decodeEvents(events, decoder);
}

/** What the events of one execution tell, in their order. */
export async function decodeEvents(events: readonly HistoryEvent[], decoder: Decoder): Promise<RunHistory> {
  const records = new Map<string, ActivityRecord>();
  const update = (id: unknown, change: Partial<ActivityRecord>): void => {
    const record = records.get(String(id));
    if (record !== undefined) records.set(String(id), { ...record, ...change });
  };
  const nameOf = (id: unknown): string => records.get(String(id))?.activityId ?? '';
  let failure: Error | undefined;
  let result: unknown;
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const activityId = scheduled.activityId ?? '';
      const input = await decoder.first(scheduled.input, activityId);
      const type = scheduled.activityType?.name ?? undefined;
      records.set(String(event.eventId), { activityId, ...withDefined('type', type), state: 'open', input });
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      update(started.scheduledEventId, {
        ...withDefined('startedAt', toIso(event.eventTime)),
        ...withDefined('attempt', started.attempt ?? undefined),
        ...withDefined('earlierFailure', await decoder.failure(started.lastFailure, nameOf(started.scheduledEventId))),
      });
    }
    const end = readEnd(event);
    if (end) {
      const activityId = nameOf(end.scheduledEventId);
      update(end.scheduledEventId, {
        state: end.state,
        ...(end.state === 'completed' && { result: await decoder.first(end.result, activityId) }),
        ...withDefined('failure', await decoder.failure(end.failure, activityId)),
        ...withDefined('endedAt', toIso(event.eventTime)),
      });
    }
    const marker = event.markerRecordedEventAttributes;
    const delivered = marker && (await readFirstTry(marker, (payloads, id) => decoder.first(payloads, id)));
    if (delivered) {
      const at = toIso(event.eventTime);
      records.set(String(event.eventId), {
        ...delivered,
        ...withDefined('startedAt', at),
        ...withDefined('endedAt', at),
      });
    }
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) failure = await decoder.failure(failed.failure);
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) result = await decoder.first(completed.result);
  }
  return {
    activities: withAnswer([...records.values()], result),
    ...withDefined('result', result),
    ...(failure && { failure }),
  };
}

/** The activities of a history that comes page by page, without what they carry. */
export class HistoryOutline {
  readonly #activities = new Map<string, ActivityOutline>();

  /** In the order in which they were scheduled. */
  get activities(): readonly ActivityOutline[] {
    return [...this.#activities.values()];
  }

  /** Takes in the next events. */
  add(events: readonly HistoryEvent[]): void {
    for (const event of events) {
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled) {
        this.#activities.set(String(event.eventId), { activityId: scheduled.activityId ?? '', state: 'open' });
      }
      const end = readEnd(event);
      const open = this.#activities.get(String(end?.scheduledEventId));
      if (end && open) this.#activities.set(String(end.scheduledEventId), { ...open, state: end.state });
    }
  }
}

interface ActivityEnd {
  readonly scheduledEventId?: unknown;
  readonly state: Exclude<ActivityOutline['state'], 'open'>;
  readonly result?: temporal.api.common.v1.IPayloads | null | undefined;
  readonly failure?: temporal.api.failure.v1.IFailure | null | undefined;
}

/** Which activity an event ends, and how; undefined where it ends none. */
function readEnd(event: HistoryEvent): ActivityEnd | undefined {
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return { ...completed, state: 'completed' };
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  // A cancel ended the retries of an attempt that failed, or whose worker was lost, in the meantime.
  if (failed) return { ...failed, state: Number(failed.retryState) === ENDED_BY_A_CANCEL ? 'canceled' : 'failed' };
  const canceled = event.activityTaskCanceledEventAttributes;
  return canceled ? { ...canceled, state: 'canceled' } : undefined;
}

function withDefined<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [name in K]: V });
}

type DataConverter = Client['options']['loadedDataConverter'];

/** Reads what Temporal stored of one run, with the client's own data converter, so that encrypted payloads are read too. */
export interface Decoder {
  /**
   * The first payload; undefined when there is none.
   *
   * @param activityId whose it is; default: the workflow's
   */
  first(payloads: temporal.api.common.v1.IPayloads | null | undefined, activityId?: string): Promise<unknown>;
  /**
   * A stored failure as the SDK's error; undefined when there is none.
   *
   * @param activityId whose failure it is; default: the workflow's
   */
  failure(
    failure: temporal.api.failure.v1.IFailure | null | undefined,
    activityId?: string,
  ): Promise<Error | undefined>;
}

/** A decoder on a client's data converter. */
export function createDecoder(converter: DataConverter, run: { namespace: string; workflowId: string }): Decoder {
  const of = (activityId: string | undefined): SerializationContext =>
    activityId === undefined ? { type: 'workflow', ...run } : { type: 'activity', ...run, activityId, isLocal: false };
  return {
    first: (payloads, activityId) => readFirstPayload(converter, payloads?.payloads, of(activityId)),
    failure: (failure, activityId) => decodeOptionalFailureToOptionalError(converter, failure, of(activityId)),
  };
}

/** A protobuf timestamp as ISO 8601; undefined when it is absent. */
export function toIso(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string | undefined {
  if (time === null || time === undefined) return undefined;
  const milliseconds = Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
  return milliseconds === 0 ? undefined : new Date(milliseconds).toISOString();
}
