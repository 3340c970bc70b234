import { Context } from '@temporalio/activity';

/** A cancel reaches an activity with the response to a heartbeat, so this bounds the delay. Each one is a write of state. */
const LONGEST_SILENCE_MS = 2000;
/** Closer heartbeats are merged: the SDK throttles them anyway, but encodes each one. */
const SHORTEST_GAP_MS = 200;

/** The last details of each running activity, so that a second heartbeat of the same activity keeps them. */
const lastDetails = new WeakMap<Context, unknown>();

/** A heartbeat that repeats until it is stopped. */
export interface Heartbeat {
  /** Sends these details now, and again at each interval. */
  beat(details: unknown): void;
  stop(): void;
}

/**
 * Starts the heartbeat of the current activity: every third of its heartbeat timeout, at most 2 s apart, with the details
 * that were sent last. Without a heartbeat timeout this does nothing.
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
      // Sends what is pending: a count that changes just before a failure must reach the next attempt.
      if (soon !== undefined) send();
    },
  };
}
