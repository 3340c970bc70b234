import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { type FirstTry, FIRST_TRY_TYPE } from '../contract/first-try.ts';
import { isRecord, toRecord } from '../values/is-record.ts';
import type { ActivityRecord } from './run-facts.ts';

type Marker = temporal.api.history.v1.IMarkerRecordedEventAttributes;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** By which the SDK records what a local activity returned. */
const MARKER = 'core_local_activity';

/**
 * A callback that was delivered by its first try, within a workflow task, as the record of an activity `callback`: whoever reads a run need
 * not know the difference. The answer is missing: `withAnswer`.
 *
 * @returns undefined for any other marker, and for a try that was deferred or failed, which an activity follows
 */
export async function readFirstTry(
  { markerName, details }: Marker,
  first: (payloads: Payloads, activityId: string) => Promise<unknown>,
): Promise<ActivityRecord | undefined> {
  if (markerName !== MARKER || details == null) return undefined;
  // Written by the SDK itself: no codec encrypts it.
  const { activity_type: type, activity_id: id } = toRecord(parse(details['data']?.payloads?.[0]?.data));
  if (type !== FIRST_TRY_TYPE || typeof id !== 'string') return undefined;
  const told = (await first(details['result'], id)) as FirstTry | undefined;
  if (!isRecord(told) || told.is !== 'delivered') return undefined;
  return {
    activityId: ACTIVITY_ID.callback,
    type,
    state: 'completed',
    attempt: 1,
    input: told.delivery,
    result: told.receipt,
  };
}

/**
 * Completes what `readFirstTry` read by the answer, which the history holds but once.
 *
 * @param result of the workflow, which closes with the first try; or it is open, and delivers to another address too
 */
export function withAnswer(activities: readonly ActivityRecord[], result: unknown): ActivityRecord[] {
  return activities.map((record, index) => {
    if (record.type !== FIRST_TRY_TYPE) return record;
    const delivery = toRecord(record.input);
    const told = toRecord(delivery['outcome']);
    if (told['status'] !== 'completed') return record;
    const later = activities.slice(index + 1).map(({ input }) => toRecord(input)['outcome']);
    const { output, data } = toRecord(result ?? later.find(isRecord));
    const outcome = { ...told, output, ...(data !== undefined && { data }) };
    return { ...record, input: { ...delivery, outcome } };
  });
}

function parse(data: Uint8Array | null | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data ?? undefined));
  } catch {
    return undefined;
  }
}
