import type { AgentPolicySettings } from '../../agents/agent-policy-settings.ts';
import { FAILURE_CLASSES, type FailureType, failureClass } from '../../contract/failures.ts';

/** The wait after the first fault of each kind, in milliseconds. It doubles with each further fault. */
export type RetryDelays = Pick<AgentPolicySettings, 'retryDelay' | 'retryDelayAtFault' | 'retryDelayUnreachable'>;

export const DEFAULT_RETRY_DELAYS: RetryDelays = {
  retryDelay: 5_000,
  retryDelayAtFault: 60_000,
  retryDelayUnreachable: 250,
};

/** As soon as possible: a delay of 0 ends the activity (seen on Temporal Server 1.31.2). */
export const AT_ONCE_MS = 100;

/** A fault, and what decides the next step. Durations are milliseconds. */
export interface Fault {
  readonly type: FailureType;
  /** The HTTP status that told of it, where one did. */
  readonly statusCode?: number | undefined;
  /** The pause that the agent requested. */
  readonly retryAfterMs?: number | undefined;
  /** The wait until this run's turn, where the agent takes no tasks from any run for a while. */
  readonly turnMs?: number | undefined;
  /** Paid calls so far, including this one unless it was free. */
  readonly paidAttempts: number;
  readonly maxAttempts: number;
  /** Attempts so far, including this one, that cost nothing because the agent took no task. */
  readonly agentFaults: number;
  /** What is left of the total timeout. */
  readonly leftMs: number;
  readonly attemptTimeoutMs: number;
  /** The least that a call needs: `neededMs`. */
  readonly neededMs: number;
  readonly delays: RetryDelays;
}

/** The next step after a fault: a retry, or the end and its reason. */
export type RetryPlan =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly because: 'final' | 'calls_used_up' | 'time_up' };

/**
 * Decides whether and when to retry the agent, by the class of the failure (`FAILURE_CLASSES`).
 *
 * The next attempt must start early enough to be useful: a wait is cut so that a whole attempt fits into the remaining time,
 * or into half of it when that is less, but never less than a call needs. When not even the shortest wait of its kind fits, the time is up.
 * (Temporal ends an activity at once when the delay exceeds its total timeout.)
 */
export function planRetry(fault: Fault): RetryPlan {
  const kind = failureClass(fault.type);
  if (kind === 'worker') return { retry: true, delayMs: AT_ONCE_MS };
  if (kind === 'task' || kind === 'delivery') return { retry: false, because: 'final' };
  const { paid } = FAILURE_CLASSES[kind];
  if (paid && fault.paidAttempts >= fault.maxAttempts) return { retry: false, because: 'calls_used_up' };
  const latestMs = latestStart(fault.leftMs, fault.attemptTimeoutMs, fault.neededMs);
  const firstMs = firstDelay(fault, fault.delays);
  if (latestMs < firstMs) return { retry: false, because: 'time_up' };
  const doubled = firstMs * 2 ** Math.max((paid ? fault.paidAttempts : fault.agentFaults) - 1, 0);
  const wantedMs = Math.max(fault.turnMs ?? fault.retryAfterMs ?? doubled, AT_ONCE_MS);
  return { retry: true, delayMs: Math.ceil(Math.min(wantedMs, latestMs)) };
}

/** A call with less time is not begun: it would be paid for and most likely cut off. */
const LEAST_CALL_MS = 10_000;

/** The least time that a call needs to be begun, in milliseconds. */
export function neededMs(attemptTimeoutMs: number, totalTimeoutMs: number): number {
  return Math.min(attemptTimeoutMs, LEAST_CALL_MS, totalTimeoutMs / 2);
}

/** How long the next attempt may wait, so that it starts early enough to be useful; below 0: there is none. */
export function latestStart(leftMs: number, attemptTimeoutMs: number, needed: number): number {
  return leftMs - Math.max(Math.min(attemptTimeoutMs, leftMs / 2), needed);
}

/**
 * The wait after the first fault of this kind, in milliseconds. A connection that broke is most likely that of an agent that restarts, and where it
 * is not back yet, the next attempt is free. A proxy that tells of it by a status is another matter: it answers while the agent is away, and
 * each of its answers counts.
 */
export function firstDelay(
  { type, statusCode }: Pick<Fault, 'type' | 'statusCode'>,
  { retryDelay, retryDelayAtFault, retryDelayUnreachable }: RetryDelays,
): number {
  if (type === 'AgentUnreachable') return retryDelayUnreachable;
  if (type === 'ConnectionLost' && statusCode === undefined) return Math.min(retryDelay, retryDelayUnreachable);
  return failureClass(type) === 'agent' ? retryDelayAtFault : retryDelay;
}
