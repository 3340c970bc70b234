import { AgentError } from '../../agents/agent.ts';
import type { AgentPolicy } from '../../contract/agent-policy.ts';
import type { AgentAdmission, CallPermit } from './agent-admission.ts';
import { AT_ONCE_MS, latestStart, neededMs } from '../agent/retry-plan.ts';
import type { Ticket } from './waiting-line.ts';

/** A task that wants to call its agent. Durations are milliseconds. */
export interface TurnRequest {
  readonly ticket: Ticket;
  readonly policy: AgentPolicy;
  /** Since when the task waits: after it was scheduled. Undefined: it has not waited yet. */
  readonly queuedAtMs: number | undefined;
  /** How long ago the task was scheduled. */
  readonly spentMs: () => number;
  readonly leftMs: () => number;
  readonly mayLeave: boolean;
  readonly signal: AbortSignal;
  /** The task waits in the worker. */
  readonly onWait: () => void;
}

export type Turn =
  | { readonly is: 'permit'; readonly permit: CallPermit }
  /** Hand the task back until then; `queued`: the wait counts for `queue_timeout`. */
  | { readonly is: 'later'; readonly delayMs: number; readonly why: AgentError; readonly queued: boolean }
  | { readonly is: 'over'; readonly why: AgentError };

/**
 * Waits for the turn of a task, within `queue_timeout` and for as long as the total timeout leaves enough for a call.
 *
 * @throws `signal.reason` when the signal aborts first
 */
export async function takeTurn(admission: AgentAdmission, request: TurnRequest): Promise<Turn> {
  const { ticket, policy, signal, mayLeave, onWait } = request;
  const { attemptTimeoutMs } = policy;
  const needed = neededMs(attemptTimeoutMs, request.spentMs() + request.leftMs());
  const queuedAtMs = request.queuedAtMs ?? request.spentMs();
  const queueLeft = (): number => (policy.queueTimeoutMs ?? Infinity) - (request.spentMs() - queuedAtMs);
  const mostLeft = (): number => request.leftMs() - needed;
  const mostMs = (): number => Math.min(queueLeft(), mostLeft());

  if (request.leftMs() < needed) return over(tooLate(request, admission));
  // A pause that outlasts the run is kept for as long as a whole attempt fits after it, then the agent is asked all the same.
  const ignorePause = request.leftMs() <= attemptTimeoutMs && admission.pauseMs > mostLeft();
  const admitted = await admission.enter(ticket, { signal, mostMs: mostMs(), mayLeave, ignorePause, onWait });
  if (admitted === 'draining') {
    const why = new AgentError('WorkerStopped', 'was not called because its worker is shutting down');
    return { is: 'later', delayMs: AT_ONCE_MS, why, queued: request.queuedAtMs !== undefined };
  }
  if (admitted.granted) return { is: 'permit', permit: admitted.permit };

  const { refusal, waitMs } = admitted;
  const latestMs = refusal ? latestStart(request.leftMs(), attemptTimeoutMs, needed) : mostMs();
  if (latestMs >= AT_ONCE_MS) {
    const delayMs = Math.ceil(Math.min(waitMs, latestMs));
    const why = refusal
      ? new AgentError(refusal.type, `${refusal.what}; all its tasks wait`, { ...statusOf(refusal.statusCode) })
      : new AgentError('AgentBusy', atLimit(admission, admission.waiting - 1));
    return { is: 'later', delayMs, why, queued: refusal === undefined };
  }
  admission.leave(ticket);
  if (refusal) return over(new AgentError(refusal.type, refusal.what, { ...statusOf(refusal.statusCode) }));
  if (queueLeft() > AT_ONCE_MS) return over(tooLate({ ...request, queuedAtMs }, admission));
  const waited = inWords(request.spentMs() - queuedAtMs);
  return over(
    new AgentError('AgentBusy', `had no free permit for ${waited}: it ${atLimit(admission, admission.waiting)}`),
  );
}

function over(why: AgentError): Turn {
  return { is: 'over', why };
}

function atLimit({ concurrency }: AgentAdmission, others: number): string {
  return `is at its limit of ${plural(concurrency, 'call')}; ${plural(others, 'other task')} ${others === 1 ? 'waits' : 'wait'}`;
}

/** The failure of a task that has too little time left for a call. */
function tooLate({ queuedAtMs, leftMs }: TurnRequest, admission: AgentAdmission): AgentError {
  const left = `the ${inWords(leftMs())} left of the total timeout are too few for a call`;
  return queuedAtMs === undefined
    ? new AgentError('AgentTimeout', `was not called: ${left}`, { fix: 'Raise total_timeout for this agent.' })
    : new AgentError('AgentBusy', `${atLimit(admission, admission.waiting)}, and ${left}`);
}

function statusOf(statusCode: number | undefined): { statusCode?: number } {
  return statusCode === undefined ? {} : { statusCode };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A duration as a person says it: `0.4 s`, `90 s`, `30 min`. */
export function inWords(ms: number): string {
  if (ms >= 600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Number((Math.max(ms, 0) / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}
