import type { CallbackProgress } from '../../contract/activities.ts';
import { toRecord } from '../../values/is-record.ts';

/** Reads what earlier attempts of `deliverCallback` left in the heartbeat; what is missing or odd counts as nothing. */
export function readCallbackProgress(details: unknown): CallbackProgress {
  const { announced, parked } = toRecord(details);
  return {
    ...(announced === true && { announced }),
    ...(typeof parked === 'number' && Number.isSafeInteger(parked) && parked > 0 && { parked }),
  };
}
