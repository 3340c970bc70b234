import { type FailureType, isFailureType } from './failures.ts';
import type { OutcomeError, OutcomeStatus } from './run.ts';
import { isRecord } from '../values/is-record.ts';

/** The parts of the SDK's failures that matter here; its classes are told apart by name, which survives bundling. */
interface FailureLike {
  readonly name: string;
  readonly message: string;
  readonly type?: string | null;
  readonly cause?: unknown;
}

/** How a run without an answer ended. */
export interface FailedOutcome {
  readonly status: Exclude<OutcomeStatus, 'completed'>;
  readonly error: OutcomeError;
}

/**
 * What the failure of the activity `runAgent` means for the caller. The workflow and every status reader ask this one
 * function, so that a callback and a poll never disagree.
 *
 * @param failure the `ActivityFailure`, or what caused it; words that are not ours are not passed on.
 * @example
 * try {
 *   await runAgent(text, { agent: 'writer' });
 * } catch (error) {
 *   await deliverCallback(judgeFailure(error), { url: 'https://ci.example.com/done' });
 * }
 */
export function judgeFailure(failure: unknown): FailedOutcome {
  const chain = causesOf(failure);
  if (chain.some(({ name }) => name === 'CancelledFailure')) {
    return { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } };
  }
  const known = chain.find(isOurs);
  if (chain.some(({ name }) => name === 'TimeoutFailure')) {
    const last = known === undefined ? '' : ` The last error was: ${known.message}`;
    return {
      status: 'timed_out',
      error: { code: 'RunTimeout', message: `No attempt brought an answer within the total time.${last}` },
    };
  }
  if (known === undefined) {
    return {
      status: 'failed',
      error: { code: 'AgentFailed', message: 'The agent failed in a way that is not known.' },
    };
  }
  return { status: statusOf(known.type), error: { code: known.type, message: known.message } };
}

function statusOf(type: FailureType): FailedOutcome['status'] {
  if (type === 'Canceled') return 'canceled';
  return type === 'AgentTimeout' || type === 'RunTimeout' ? 'timed_out' : 'failed';
}

function isOurs(failure: FailureLike): failure is FailureLike & { readonly type: FailureType } {
  return failure.name === 'ApplicationFailure' && isFailureType(failure.type);
}

function causesOf(failure: unknown): FailureLike[] {
  const chain: FailureLike[] = [];
  let next = failure;
  // A failure's cause can't lead back to itself, but what an outsider sent may be long.
  while (isFailureLike(next) && chain.length < 16) {
    chain.push(next);
    next = next.cause;
  }
  return chain;
}

function isFailureLike(value: unknown): value is FailureLike {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string';
}
