import type { CallbackProgress } from '../../contract/activities.ts';

/** Reads what earlier attempts of `deliverCallback` left in the heartbeat; what is missing or odd counts as nothing. */
export function readCallbackProgress(details: unknown): CallbackProgress {
  if (typeof details !== 'object' || details === null) return {};
  const { announced, parked } = details as Record<string, unknown>;
  return {
    ...(announced === true && { announced }),
    ...(typeof parked === 'number' && Number.isSafeInteger(parked) && parked > 0 && { parked }),
  };
}
