import type { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../contract/failures.ts';
import type { DeliveryAttempt, DeliveryErrorClass } from '../../contract/run.ts';
import { type EgressError, shortHost } from '../../egress/egress-error.ts';
import type { PostAnswer } from '../../egress/guarded-request.ts';
import { toActivityFailure } from '../activity-failure.ts';
import type { NextAttempt } from './plan-next-attempt.ts';

/** A failed attempt, in words that a caller may read. */
export interface CallbackFault {
  readonly type: Extract<FailureType, 'CallbackFailed' | 'CallbackRefused' | 'CallbackStopped'>;
  /** No later attempt can succeed. */
  readonly final: boolean;
  /** Absent when the worker could not send the request. */
  readonly errorClass?: DeliveryErrorClass;
  /** What failed and where come first, because the Temporal UI shows about 50 characters. */
  readonly message: string;
  readonly durationMs: number;
  readonly statusCode?: number;
  /** The raw `Retry-After`, for a status that gives it a meaning. */
  readonly retryAfter?: string | undefined;
  readonly address?: string | undefined;
}

/** Statuses by which a receiver asks for no further attempts, unless the operator configures others. */
export const DEFAULT_STOP_STATUSES: readonly number[] = [410];

/** Values of the header `webhook-delivery` that ask for no further attempts (standard-webhooks proposal 291). */
const STOP_WORDS = ['abort-message', 'disable'];

/**
 * Judges an answer. Only 2xx accepts the callback. `webhook-delivery` and the stop statuses end the attempts. Anything else is
 * retried, also 4xx, because receivers get fixed.
 *
 * @param stops statuses that end the attempts
 * @returns undefined when the receiver accepted the callback
 */
export function judgeAnswer(
  host: string,
  answer: PostAnswer,
  stops: readonly number[] = DEFAULT_STOP_STATUSES,
): CallbackFault | undefined {
  const { statusCode, durationMs, address, retryAfter } = answer;
  if (isAccepted(answer)) return undefined;
  const where = `${shortHost(host)} answered ${statusCode}`;
  const base = { errorClass: 'status', durationMs, statusCode, address } as const;
  if (stops.includes(statusCode) || STOP_WORDS.includes(answer.webhookDelivery?.trim().toLowerCase() ?? '')) {
    const message = `${where} and asked for no further attempts: redeliver when the receiver accepts callbacks again.`;
    return { ...base, type: 'CallbackStopped', final: true, message };
  }
  const mayAskToWait = statusCode === 429 || statusCode === 503;
  const message = `${where}: ${fixOf(statusCode)}.`;
  return { ...base, type: 'CallbackFailed', final: false, message, ...(mayAskToWait && { retryAfter }) };
}

/** Whether the receiver accepted the request: only 2xx does. */
export function isAccepted({ statusCode }: Pick<PostAnswer, 'statusCode'>): boolean {
  return statusCode >= 200 && statusCode <= 299;
}

function fixOf(status: number): string {
  if (status >= 300 && status <= 399) return 'redirects are not followed, use the target URL';
  if (status === 401 || status === 403) {
    return 'check that it knows our secret, or add its host to callback_headers if it needs a header';
  }
  if (status === 404 || status === 405) return 'check the path of the URL, and that it accepts POST';
  if (status === 413) return 'allow larger request bodies';
  if (status === 429) return 'allow a higher request rate';
  return 'check the receiver, only a 2xx status accepts the callback';
}

/** Judges a request without an answer. */
export function judgeEgressError(error: EgressError): CallbackFault {
  const { errorClass, durationMs, address } = error;
  const base = { errorClass, durationMs, address, message: `${error.message}.` };
  // DNS may be fixed before the next attempt; the URL itself cannot be.
  if (errorClass === 'refused_by_policy') return { ...base, type: 'CallbackRefused', final: error.final };
  return { ...base, type: 'CallbackFailed', final: false };
}

/** The fault of an attempt that could not send. It is retried: another worker may be able to, or this one once it is fixed. */
export function unsentFault(message: string): CallbackFault {
  return { type: 'CallbackFailed', final: false, message, durationMs: 0 };
}

/**
 * The failure of an attempt. Its details hold one `DeliveryAttempt`, or nothing when nothing was sent.
 *
 * @param next the next step
 * @param at when the attempt ended, milliseconds since the epoch
 * @param tries which attempt it was, where Temporal counts otherwise
 */
export function toCallbackFailure(
  { type, message, final, errorClass, durationMs, statusCode, address }: CallbackFault,
  next: NextAttempt,
  at: number,
  tries?: number,
): ApplicationFailure {
  const details: DeliveryAttempt | undefined = errorClass && {
    errorClass,
    at: new Date(at).toISOString(),
    durationMs,
    ...(statusCode !== undefined && { statusCode }),
    ...(address !== undefined && { address }),
    ...(tries !== undefined && { tries }),
  };
  return toActivityFailure(type, message, { retryDelayMs: !final && next.follows ? next.delayMs : undefined, details });
}

/** The failure of an attempt without a permit: Temporal retries it after the wait, and it does not count. */
export function toDeferredFailure(host: string, waitMs: number): ApplicationFailure {
  const message = `${shortHost(host)} is at the per-host limit; this delivery is deferred and does not count as an attempt.`;
  return toActivityFailure('CallbackParked', message, { retryDelayMs: waitMs });
}
