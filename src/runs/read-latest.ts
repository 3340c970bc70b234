import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { decodeEvents, type Decoder, type HistoryEvent } from './read-history.ts';
import type { RunHistory } from './run-facts.ts';

/** Enough for the steps that are told. A workflow may have 51,200 events. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Reads the latest events of one execution: those of the last steps, and of every delivery of the outcome, which comes after them.
 *
 * @throws WorkflowNotFoundError of the SDK
 */
export async function readLatest(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  decoder: Decoder,
): Promise<RunHistory> {
  // The latest first.
  const events: HistoryEvent[] = [];
  let bytes = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution,
      ...(nextPageToken && { nextPageToken }),
    });
    const found = page.history?.events ?? [];
    events.push(...found);
    bytes += found.reduce((sum, event) => sum + sizeOf(event), 0);
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined && !isEnough(events, bytes));
  const signals = events.flatMap(
    ({ workflowExecutionSignaledEventAttributes: signaled }) => signaled?.signalName ?? [],
  );
  return { ...(await decodeEvents(events.toReversed(), decoder)), signals };
}

/** The first delivery holds the outcome, and comes right after the last step. */
function isEnough(events: readonly HistoryEvent[], bytes: number): boolean {
  if (events.length < MOST_EVENTS && bytes < MOST_BYTES) return false;
  const scheduled = events.flatMap(({ activityTaskScheduledEventAttributes: attributes }) =>
    attributes ? [attributes.activityId] : [],
  );
  const earliest = scheduled.at(-1);
  return earliest !== ACTIVITY_ID.callback && earliest !== ACTIVITY_ID.deadLetter;
}

function sizeOf({
  activityTaskScheduledEventAttributes: scheduled,
  activityTaskCompletedEventAttributes: completed,
}: HistoryEvent): number {
  return sizeOfAll(scheduled?.input) + sizeOfAll(completed?.result);
}

function sizeOfAll(payloads: temporal.api.common.v1.IPayloads | null | undefined): number {
  return (payloads?.payloads ?? []).reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
}
