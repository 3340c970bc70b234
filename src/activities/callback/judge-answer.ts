import type { FailureType } from '../../contract/failures.ts';
import type { DeliveryErrorClass } from '../../contract/run.ts';
import { type EgressError, shortHost } from '../../egress/egress-error.ts';
import type { PostAnswer } from '../../egress/guarded-request.ts';

/** A try that failed, in words that a caller may read. */
export interface DeliveryFault {
  readonly type: Extract<FailureType, 'CallbackFailed' | 'CallbackRefused' | 'CallbackStopped'>;
  /** No later try can do better. */
  readonly final: boolean;
  /** Absent where nothing was sent for a fault of ours. */
  readonly errorClass?: DeliveryErrorClass;
  /** One sentence: what and where come first, because the Temporal UI shows some 50 characters. */
  readonly message: string;
  readonly durationMs: number;
  readonly statusCode?: number;
  /** `Retry-After` as it came, where the status gives it a meaning. */
  readonly retryAfter?: string | undefined;
  readonly address?: string | undefined;
}

/** Statuses by which a receiver wants no more tries, unless an operator says others. */
export const DEFAULT_STOP_STATUSES: readonly number[] = [410];

/** What a receiver says in the header `webhook-delivery` when it wants no more tries (standard-webhooks proposal 291). */
const STOP_WORDS = ['abort-message', 'disable'];

/**
 * Judges an answer: 2xx alone takes the callback, `webhook-delivery` and the statuses that stop end the tries, anything else
 * is tried again, also 4xx, because receivers are mended.
 *
 * @param stops statuses that end the tries
 * @returns undefined when the callback was taken
 */
export function judgeAnswer(
  host: string,
  answer: PostAnswer,
  stops: readonly number[] = DEFAULT_STOP_STATUSES,
): DeliveryFault | undefined {
  const { statusCode, durationMs, address, retryAfter } = answer;
  if (isTaken(answer)) return undefined;
  const where = `${shortHost(host)} answered ${statusCode}`;
  const base = { errorClass: 'status', durationMs, statusCode, address } as const;
  if (stops.includes(statusCode) || STOP_WORDS.includes(answer.webhookDelivery?.trim().toLowerCase() ?? '')) {
    const message = `${where} and wants no more tries: redeliver once it takes callbacks again.`;
    return { ...base, type: 'CallbackStopped', final: true, message };
  }
  const paused = statusCode === 429 || statusCode === 503;
  const message = `${where}: ${mendOf(statusCode)}.`;
  return { ...base, type: 'CallbackFailed', final: false, message, ...(paused && { retryAfter }) };
}

/** Whether an answer takes what was sent: 2xx alone does. */
export function isTaken({ statusCode }: Pick<PostAnswer, 'statusCode'>): boolean {
  return statusCode >= 200 && statusCode <= 299;
}

function mendOf(status: number): string {
  if (status >= 300 && status <= 399) return 'redirects are not followed, use the address that it leads to';
  if (status === 401 || status === 403)
    return 'check that it knows our secret, or add its host to callback_headers if it needs a header';
  if (status === 404 || status === 405) return 'check the path of the URL, and that it takes POST';
  if (status === 413) return 'let it take larger bodies';
  if (status === 429) return 'let it take more requests';
  return 'look at the receiver, only a 2xx status takes the callback';
}

/** Judges a request that had no answer. */
export function judgeEgressError(error: EgressError): DeliveryFault {
  const { errorClass, durationMs, address } = error;
  const base = { errorClass, durationMs, address, message: `${error.message}.` };
  // DNS may be mended until the next try, the URL itself can't.
  if (errorClass === 'refused_by_policy') return { ...base, type: 'CallbackRefused', final: error.final };
  return { ...base, type: 'CallbackFailed', final: false };
}
