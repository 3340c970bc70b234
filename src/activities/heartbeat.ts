import { Context } from '@temporalio/activity';

/** A cancel reaches an activity with the answer to a beat, so that this bounds how soon; each beat is one write of state. */
const LONGEST_SILENCE_MS = 2000;
/** Closer beats are joined: the SDK would throttle them anyway, but encodes each one. */
const SHORTEST_GAP_MS = 200;

/** The last details of each running activity: whoever goes on beating for it must not wipe them. */
const lastDetails = new WeakMap<Context, unknown>();

/** A heartbeat that repeats itself until it is stopped. */
export interface Heartbeat {
  /** Sends these details now, and again in every interval. */
  beat(details: unknown): void;
  stop(): void;
}

/**
 * Starts beating for the current activity, every third of its heartbeat timeout, at most 2 s apart, with the details
 * that were sent last. An activity without a heartbeat timeout must not beat; then this does nothing.
 *
 * @throws Error outside an activity.
 */
export function startHeartbeat(): Heartbeat {
  const context = Context.current();
  const { heartbeatTimeoutMs, heartbeatDetails } = context.info;
  if (heartbeatTimeoutMs === undefined || heartbeatTimeoutMs <= 0) {
    return { beat: () => undefined, stop: () => undefined };
  }
  if (!lastDetails.has(context)) lastDetails.set(context, heartbeatDetails);
  let sentAt = -Infinity;
  let soon: NodeJS.Timeout | undefined;
  const send = (): void => {
    clearTimeout(soon);
    soon = undefined;
    sentAt = performance.now();
    context.heartbeat(lastDetails.get(context));
  };
  const timer = setInterval(send, Math.min(heartbeatTimeoutMs / 3, LONGEST_SILENCE_MS));
  return {
    beat(details) {
      lastDetails.set(context, details);
      const wait = sentAt + SHORTEST_GAP_MS - performance.now();
      if (wait <= 0) send();
      else soon ??= setTimeout(send, wait);
    },
    stop() {
      clearInterval(timer);
      // What waits is sent: a count that is corrected just before a failure must reach the next attempt.
      if (soon !== undefined) send();
    },
  };
}
