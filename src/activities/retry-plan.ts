import type { AgentPolicySettings } from '../agents/agent-policy-settings.ts';
import { type FailureClass, type FailureType, failureClass } from '../contract/failures.ts';

/** The wait after the first fault of each kind, in milliseconds. It doubles with each further fault. */
export type RetryDelays = Pick<AgentPolicySettings, 'retryDelay' | 'retryDelayAtFault' | 'retryDelayUnreachable'>;

export const DEFAULT_RETRY_DELAYS: RetryDelays = {
  retryDelay: 5_000,
  retryDelayAtFault: 60_000,
  retryDelayUnreachable: 1_000,
};

/** As soon as possible: a delay of 0 ends the activity (seen on Temporal Server 1.31.2). */
export const AT_ONCE_MS = 100;

/** A fault, and what decides the next step. Durations are milliseconds. */
export interface Fault {
  readonly type: FailureType;
  /** The pause that the agent requested. */
  readonly retryAfterMs?: number | undefined;
  /** Paid calls so far, including this one unless it was free. */
  readonly paidAttempts: number;
  readonly maxAttempts: number;
  /** Faults of the agent itself so far, including this one. */
  readonly agentFaults: number;
  /** What is left of the total timeout. */
  readonly leftMs: number;
  readonly attemptTimeoutMs: number;
  readonly delays: RetryDelays;
}

/** The next step after a fault: a retry, or the end and its reason. */
export type RetryPlan =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly because: 'final' | 'calls_used_up' | 'time_up' };

/**
 * Decides whether and when to retry the agent.
 *
 * The next attempt must start early enough to be useful: a wait is cut so that a whole attempt fits into the remaining time,
 * or into half of it when that is less. When not even the shortest wait of its kind fits, the time is up.
 * (Temporal ends an activity at once when the delay exceeds its total timeout.)
 */
export function planRetry(fault: Fault): RetryPlan {
  const kind = failureClass(fault.type);
  if (kind === 'worker') return { retry: true, delayMs: AT_ONCE_MS };
  if (kind !== 'passing' && kind !== 'agent') return { retry: false, because: 'final' };
  if (kind === 'passing' && fault.paidAttempts >= fault.maxAttempts) return { retry: false, because: 'calls_used_up' };
  const latestMs = fault.leftMs - Math.min(fault.attemptTimeoutMs, fault.leftMs / 2);
  if (latestMs < shortestWait(kind, fault)) return { retry: false, because: 'time_up' };
  return { retry: true, delayMs: Math.ceil(Math.min(wantedWait(kind, fault), latestMs)) };
}

/** Whether a fault of this class does not count as a paid call. */
export function isFree(kind: FailureClass): boolean {
  return kind === 'agent' || kind === 'worker';
}

function shortestWait(kind: 'passing' | 'agent', { type, delays }: Fault): number {
  if (type === 'AgentUnreachable') return delays.retryDelayUnreachable;
  return kind === 'agent' ? delays.retryDelayAtFault : delays.retryDelay;
}

function wantedWait(kind: 'passing' | 'agent', fault: Fault): number {
  if (fault.retryAfterMs !== undefined) return Math.max(fault.retryAfterMs, AT_ONCE_MS);
  const earlier = (kind === 'agent' ? fault.agentFaults : fault.paidAttempts) - 1;
  return shortestWait(kind, fault) * 2 ** Math.max(earlier, 0);
}
