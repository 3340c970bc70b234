import { Context } from '@temporalio/activity';
import { ActivityCancelledError, ActivityPausedError, ActivityResetError } from '@temporalio/client';
import type { ActivitySerializationContext } from '@temporalio/common';
import { within } from '../timing/within.ts';

/** A cancel reaches an activity with the response to a heartbeat, so this bounds the delay. Each one is a write of state. */
const LONGEST_SILENCE_MS = 2000;
/** After the SDK may send a heartbeat at once again: the worker's `maxHeartbeatThrottleInterval` is as long as our longest silence. */
const AFTER_THROTTLE_MS = 100;
/** Closer heartbeats are merged: the SDK throttles them anyway, but encodes each one. */
const SHORTEST_GAP_MS = 200;
/** Temporal is away when it takes longer: the details are on their way as a heartbeat, and in the journal. */
const LONGEST_CONFIRM_MS = 3000;

/** The last details of each running activity, so that a second heartbeat of the same activity keeps them. */
const lastDetails = new WeakMap<Context, unknown>();

/** A heartbeat that repeats until it is stopped. */
export interface Heartbeat {
  /** Sends these details now, and again at each interval. */
  beat(details: unknown): void;
  /** Sends these details at the next interval. */
  keep(details: unknown): void;
  /**
   * Sends these details, and waits a moment until Temporal has confirmed them, which the SDK's own heartbeats do not tell. Never rejects.
   *
   * @returns whether Temporal has them
   */
  confirm(details: unknown): Promise<boolean>;
  /**
   * From now on awaits `look` before each heartbeat, and sends the details that are the last ones then; `beat` alone sends none. The
   * SDK sends a heartbeat at once only where the one before is old enough, so these are further apart.
   *
   * @param look never rejects
   */
  lookBefore(look: () => Promise<void>): void;
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
    const nothing = (): void => undefined;
    return { beat: nothing, keep: nothing, confirm: () => Promise.resolve(false), lookBefore: nothing, stop: nothing };
  }
  if (!lastDetails.has(context)) lastDetails.set(context, heartbeatDetails);
  let sentAt = -Infinity;
  let soon: NodeJS.Timeout | undefined;
  let looks = false;
  let isPending = false;
  let isStopped = false;
  const send = (): void => {
    clearTimeout(soon);
    soon = undefined;
    isPending = false;
    sentAt = performance.now();
    context.heartbeat(lastDetails.get(context));
  };
  const gapMs = Math.min(heartbeatTimeoutMs / 3, LONGEST_SILENCE_MS);
  let timer = setInterval(send, gapMs);
  const beat = (details: unknown): void => {
    lastDetails.set(context, details);
    isPending = true;
    if (looks) return;
    const wait = sentAt + SHORTEST_GAP_MS - performance.now();
    if (wait <= 0) send();
    else soon ??= setTimeout(send, wait);
  };
  return {
    beat,
    keep: (details) => void lastDetails.set(context, details),
    async confirm(details) {
      beat(details);
      return within(LONGEST_CONFIRM_MS, recordHeartbeat(context, details), () => false);
    },
    lookBefore(look) {
      clearInterval(timer);
      looks = true;
      let isLooking = false;
      const lookAndSend = async (): Promise<void> => {
        if (isLooking) return;
        isLooking = true;
        await look();
        isLooking = false;
        if (!isStopped) send();
      };
      const throttledMs = Math.min(LONGEST_SILENCE_MS + AFTER_THROTTLE_MS, heartbeatTimeoutMs * 0.6);
      timer = setInterval(() => void lookAndSend(), Math.max(gapMs, throttledMs));
    },
    stop() {
      isStopped = true;
      clearInterval(timer);
      // Sends what is pending: a count that changes just before a failure must reach the next attempt.
      if (isPending) send();
    },
  };
}

/** Sends a heartbeat by the attempt's token, past the SDK, which would hold it back for up to 2 s. Never rejects. */
async function recordHeartbeat(context: Context, details: unknown): Promise<boolean> {
  const { taskToken, workflowExecution, activityId, isLocal } = context.info;
  try {
    const { client } = context;
    const serializationContext: ActivitySerializationContext = {
      ...{ type: 'activity' as const, namespace: client.options.namespace, activityId, isLocal },
      ...(workflowExecution && { workflowId: workflowExecution.workflowId }),
    };
    await client.activity.heartbeat(taskToken, details, { serializationContext });
    return true;
  } catch (error) {
    // Temporal has the details; the SDK's next heartbeat brings the attempt what it answers.
    return [ActivityCancelledError, ActivityPausedError, ActivityResetError].some((kind) => error instanceof kind);
  }
}
