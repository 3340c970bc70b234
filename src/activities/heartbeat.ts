import { Context } from '@temporalio/activity';
import { ActivityCancelledError, ActivityPausedError, ActivityResetError } from '@temporalio/client';
import type { ActivitySerializationContext } from '@temporalio/common';
import { within } from '../timing/within.ts';

/** A cancel reaches an activity with the response to a heartbeat, so this bounds the delay. Each one is a write of state. */
const LONGEST_SILENCE_MS = 2000;
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
  /**
   * Sends these details, and waits a moment until Temporal has confirmed them, which the SDK's own heartbeats do not tell. Never rejects.
   *
   * @returns whether Temporal has them
   */
  confirm(details: unknown): Promise<boolean>;
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
    return { beat: () => undefined, confirm: () => Promise.resolve(false), stop: () => undefined };
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
  const beat = (details: unknown): void => {
    lastDetails.set(context, details);
    const wait = sentAt + SHORTEST_GAP_MS - performance.now();
    if (wait <= 0) send();
    else soon ??= setTimeout(send, wait);
  };
  return {
    beat,
    async confirm(details) {
      beat(details);
      return within(LONGEST_CONFIRM_MS, recordHeartbeat(context, details), () => false);
    },
    stop() {
      clearInterval(timer);
      // Sends what is pending: a count that changes just before a failure must reach the next attempt.
      if (soon !== undefined) send();
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
