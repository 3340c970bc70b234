import { type FailureType, isFailureType } from './failures.ts';
import type { OutcomeError, OutcomeStatus, Usage } from './run.ts';
import { toUsage } from './to-usage.ts';
import { isRecord, toRecord } from '../values/is-record.ts';

/** The relevant parts of the SDK's failures. Their classes are distinguished by name, which survives bundling. */
interface FailureLike {
  readonly name: string;
  readonly message: string;
  readonly type?: string | null;
  readonly retryState?: string | null;
  readonly cause?: unknown;
  readonly details?: readonly unknown[] | null;
}

const UNKNOWN: OutcomeError = { code: 'AgentFailed', message: 'The agent failed with an unknown error.' };

/** How a run without an answer ended. */
export interface FailedOutcome {
  readonly status: Exclude<OutcomeStatus, 'completed'>;
  readonly error: OutcomeError;
  /** What the calls cost that failed, as far as the agent told. */
  readonly usage?: Usage;
}

/**
 * What the failure of the activity `runAgent` means for the caller. The workflow and every status reader use this function, so a
 * callback and a poll never disagree.
 *
 * @param failure the `ActivityFailure` or its cause; messages of foreign failures are not passed on
 * @param unknown what a failure without a type of ours means. Default: the agent failed
 * @example
 * try {
 *   await runAgent(text, { agent: 'writer' });
 * } catch (error) {
 *   await deliverCallback(judgeFailure(error), { url: 'https://ci.example.com/done' });
 * }
 */
export function judgeFailure(failure: unknown, unknown: OutcomeError = UNKNOWN): FailedOutcome {
  const chain = causesOf(failure);
  // A cancel also ends the retries of an attempt that fails, or whose worker is lost, in the meantime.
  if (chain.some(({ name, retryState }) => name === 'CancelledFailure' || retryState === 'CANCEL_REQUESTED')) {
    return { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } };
  }
  const known = chain.find(isOurs);
  if (chain.some(({ name }) => name === 'TimeoutFailure')) {
    const last = known === undefined ? '' : ` Last error: ${known.message}`;
    return {
      status: 'timed_out',
      error: { code: 'RunTimeout', message: `No attempt returned an answer within the total timeout.${last}` },
    };
  }
  if (known === undefined) return { status: 'failed', error: unknown };
  const usage = toUsage(toRecord(known.details?.[0])['usage']);
  return {
    status: statusOf(known.type),
    error: { code: known.type, message: known.message },
    ...(usage && { usage }),
  };
}

function statusOf(type: FailureType): FailedOutcome['status'] {
  if (type === 'Canceled') return 'canceled';
  return type === 'AgentTimeout' || type === 'RunTimeout' || type === 'InputTimeout' ? 'timed_out' : 'failed';
}

function isOurs(failure: FailureLike): failure is FailureLike & { readonly type: FailureType } {
  return failure.name === 'ApplicationFailure' && isFailureType(failure.type);
}

function causesOf(failure: unknown): FailureLike[] {
  const chain: FailureLike[] = [];
  let next = failure;
  // A chain of causes has no cycle, but a foreign one may be long.
  while (isFailureLike(next) && chain.length < 16) {
    chain.push(next);
    next = next.cause;
  }
  return chain;
}

function isFailureLike(value: unknown): value is FailureLike {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string';
}
