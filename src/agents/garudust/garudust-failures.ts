import type { FailureType } from '../../contract/failures.ts';
import { AgentError } from '../agent.ts';
import { readRetryAfter } from '../../timing/read-retry-after.ts';
import type { JsonReply } from '../post-json.ts';

type ErrorReply = Pick<JsonReply, 'status' | 'headers' | 'text'>;

/** How one kind of error text is reported. `what` may use the number in the text, never its words. */
interface Row {
  readonly prefix: RegExp;
  readonly type: FailureType | ((number: number) => FailureType);
  readonly what: (number: number) => string;
  readonly retryAfterMs?: (number: number) => number;
}

/** What Garudust writes before every error of the call to its model. */
const MODEL = '^transport error: ';

/**
 * The texts of Garudust's status 500, which has no codes: the start of the text identifies the error. What follows may be
 * the model's address or its whole answer, so nothing but a number is ever taken from it.
 */
const ERROR_TEXTS: readonly Row[] = [
  {
    prefix: /^budget exhausted after (\d+) iterations/,
    type: 'AgentBudgetExhausted',
    what: (turns) => `has used up its ${turns} turns (500)`,
  },
  {
    prefix: new RegExp(`${MODEL}authentication failed`),
    type: 'ModelKeyRefused',
    what: () => 'has a key that its model refused (500)',
  },
  {
    prefix: new RegExp(`${MODEL}rate limited, retry after (\\d+)s`),
    type: 'ModelRateLimited',
    what: (seconds) => `must wait ${seconds} s for its model`,
    retryAfterMs: (seconds) => seconds * 1000,
  },
  {
    prefix: new RegExp(`${MODEL}LLM call timed out after (\\d+)s`),
    type: 'ModelUnavailable',
    what: (seconds) => `got no answer from its model within ${seconds} s`,
  },
  {
    prefix: new RegExp(`${MODEL}HTTP error (\\d{3}): `),
    type: modelStatus,
    what: (status) => `got status ${status} from its model`,
  },
  {
    prefix: new RegExp(`${MODEL}(?:network|stream) error: `),
    type: 'ModelUnavailable',
    what: () => 'could not reach its model (500)',
  },
  {
    prefix: new RegExp(`${MODEL}(?:no choices in response|parse error: )`),
    type: 'ModelAnswerUnreadable',
    what: () => 'could not read the answer of its model (500)',
  },
  {
    prefix: new RegExp(`${MODEL}context length exceeded`),
    type: 'TaskRefused',
    what: () => 'has a model whose context is too short for the conversation',
  },
  {
    prefix: new RegExp(`${MODEL}model not found`),
    type: 'AgentMisconfigured',
    what: () => 'asks for a model that does not exist (500)',
  },
  {
    prefix: /^Unable To Extract Key!/,
    type: 'AgentMisconfigured',
    what: () => 'refuses every request: unset GARUDUST_RATE_LIMIT (500)',
  },
];

/** Where a proxy gave up. `attempt_timeout` bounds the call from this side only. */
const PROXY_TIMEOUT_FIX = 'Raise the timeout of the proxy in front of the agent; attempt_timeout does not change it.';
const PROXY_FIX = 'Check the proxy in front of the agent.';
const ANSWER_FIX = "Check that the agent's URL is Garudust's, and that no proxy replaces its answers.";

/** A proxy answers 502 at once when it cannot connect to the agent, and later when the agent breaks off its work. */
const CANNOT_CONNECT_MS = 5000;

type StatusRow = readonly [
  holds: (status: number, tookMs: number) => boolean,
  type: FailureType,
  what: string,
  fix?: string,
];

/** Status alone, where it says enough. Ranges last. Garudust itself fails with 500 only; other 5xx come from what is in between. */
const STATUSES: readonly StatusRow[] = [
  [(s) => s === 401 || s === 403, 'AgentKeyRefused', 'refused our key'],
  [(s) => s === 413, 'TaskRefused', 'refused the task as too large'],
  [(s) => s === 400 || s === 422, 'TaskRefused', 'refused the task as malformed'],
  [(s) => s === 429, 'RateLimited', 'asked for a pause'],
  // 524 is Cloudflare's, 598 and 599 are those of several load balancers.
  [(s) => [408, 504, 524, 598, 599].includes(s), 'AgentTimeout', 'is behind a proxy that timed out', PROXY_TIMEOUT_FIX],
  [isUnconnected, 'AgentUnreachable', 'is not reachable by its proxy', PROXY_FIX],
  [(s) => s === 502, 'ConnectionLost', 'is behind a proxy that lost the connection'],
  [(s) => s === 503, 'AgentUnreachable', 'is not ready'],
  [(s) => s > 500, 'ConnectionLost', 'is behind a proxy that failed', PROXY_FIX],
  // May have cost money, so it counts as an attempt.
  [(s) => s >= 200 && s < 300, 'ModelAnswerUnreadable', 'answers, but not as Garudust does', ANSWER_FIX],
  [(s) => s < 500, 'AgentMisconfigured', 'answers, but not as Garudust does'],
];

const LONGEST_PAUSE_MS = 24 * 3600 * 1000;

/**
 * Sorts an error answer of Garudust 0.13 into the failure table, by its status and the start of its text.
 *
 * @param reply an answer with another status than 200, or with a 200 that holds no answer of Garudust's
 * @param tookMs how long after the request it came, in milliseconds
 */
export function sortGarudustFailure(reply: ErrorReply, tookMs: number): AgentError {
  const { status, text, headers } = reply;
  const statusCode = status;
  const row = STATUSES.find(([holds]) => holds(status, tookMs));
  if (row !== undefined) {
    const [, type, what, fix] = row;
    const retryAfterMs = Math.min(readRetryAfter(headers['retry-after']) ?? 0, LONGEST_PAUSE_MS);
    const details = { statusCode, ...(retryAfterMs && { retryAfterMs }), ...(fix !== undefined && { fix }) };
    return new AgentError(type, `${what} (${status})`, details);
  }
  for (const { prefix, type, what, retryAfterMs } of ERROR_TEXTS) {
    const match = prefix.exec(text);
    if (match === null) continue;
    const number = Number(match[1] ?? 0);
    const pause = retryAfterMs?.(number);
    const details = { statusCode, ...(pause !== undefined && { retryAfterMs: pause }) };
    return new AgentError(typeof type === 'function' ? type(number) : type, what(number), details);
  }
  if (isHtml(reply)) {
    return new AgentError('ConnectionLost', `is behind a proxy that failed (${status})`, {
      statusCode,
      fix: PROXY_FIX,
    });
  }
  return new AgentError('AgentFailed', `failed for an unknown reason (${status})`, { statusCode });
}

/** Whether a proxy could not connect to the agent, so that the task costs nothing. 521 and 523 are Cloudflare's. */
function isUnconnected(status: number, tookMs: number): boolean {
  return (status === 502 && tookMs < CANNOT_CONNECT_MS) || status === 521 || status === 523;
}

/** What a status of the model, passed on by Garudust, means. */
function modelStatus(status: number): FailureType {
  if (status === 408 || status >= 500) return 'ModelUnavailable';
  if (status === 400 || status === 413 || status === 422) return 'TaskRefused';
  return 'AgentMisconfigured';
}

function isHtml({ headers, text }: ErrorReply): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(text);
}
