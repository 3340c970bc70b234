import type { IncomingHttpHeaders } from 'node:http';
import type { FailureType } from '../contract/failures.ts';
import { readRetryAfter } from '../timing/read-retry-after.ts';
import { AgentError } from './agent.ts';

/** An answer that holds no result. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Where a proxy gave up. `attempt_timeout` bounds the call from this side only. */
const PROXY_TIMEOUT_FIX = 'Raise the timeout of the proxy in front of the agent; attempt_timeout does not change it.';
const PROXY_FIX = 'Check the proxy in front of the agent.';
const OTHER_FORM = 'answers, but not as its settings expect';
const CREDIT_FIX = 'Add credit to the account that pays for the agent.';

/** A proxy answers 502 at once when it cannot connect to the agent, and later when the agent breaks off its work. */
const CANNOT_CONNECT_MS = 5000;

type StatusRow = readonly [
  holds: (status: number, tookMs: number, html: boolean) => boolean,
  type: FailureType,
  what: string,
  fix?: string,
];

/** What a status says about an agent that fails with 500 only: other 5xx come from what is in between. Ranges last. */
const STATUSES: readonly StatusRow[] = [
  [(s) => s === 401 || s === 403, 'AgentKeyRefused', 'refused our key'],
  [(s) => s === 402, 'AgentBudgetExhausted', 'has no credit left', CREDIT_FIX],
  [(s) => s === 413, 'TaskRefused', 'refused the task as too large'],
  [(s, _, html) => (s === 400 && !html) || s === 422, 'TaskRefused', 'refused the task as malformed'],
  [(s) => s === 429, 'RateLimited', 'asked for a pause'],
  // Anthropic's.
  [(s) => s === 529, 'RateLimited', 'is overloaded'],
  // 524 is Cloudflare's, 598 and 599 are those of several load balancers.
  [(s) => [408, 504, 524, 598, 599].includes(s), 'AgentTimeout', 'is behind a proxy that timed out', PROXY_TIMEOUT_FIX],
  [isUnconnected, 'AgentUnreachable', 'is not reachable by its proxy', PROXY_FIX],
  [(s) => s === 502, 'ConnectionLost', 'is behind a proxy that lost the connection'],
  [(s) => s === 503, 'AgentUnreachable', 'is not ready'],
  [(s) => s > 500, 'ConnectionLost', 'is behind a proxy that failed', PROXY_FIX],
];

const LONGEST_PAUSE_MS = 24 * 3600 * 1000;

/**
 * Sorts an answer without a result into the failure table, by its status. No word of the answer is passed on.
 *
 * @param tookMs how long after the request it came, in milliseconds
 * @param formFix how to fix what is no answer of such an agent
 */
export function sortHttpFailure(reply: ErrorReply, tookMs: number, formFix: string): AgentError {
  const { status } = reply;
  const html = isHtml(reply);
  const row = STATUSES.find(([holds]) => holds(status, tookMs, html));
  const [, type, what, fix] = row ?? sortOther(status, html, formFix);
  return toHttpFailure(reply, type, what, fix);
}

/** A failure with the status of its answer and, where the answer asks for one, a pause. */
export function toHttpFailure(reply: ErrorReply, type: FailureType, what: string, fix?: string): AgentError {
  const retryAfterMs = Math.min(readRetryAfter(reply.headers['retry-after']) ?? 0, LONGEST_PAUSE_MS);
  return new AgentError(type, `${what} (${reply.status})`, {
    statusCode: reply.status,
    ...(retryAfterMs > 0 && { retryAfterMs }),
    ...(fix !== undefined && { fix }),
  });
}

function sortOther(status: number, html: boolean, formFix: string): StatusRow {
  const always = (): boolean => true;
  // May have cost money, so it counts as an attempt.
  if (status >= 200 && status < 300) return [always, 'ModelAnswerUnreadable', OTHER_FORM, formFix];
  if (status < 500) return [always, 'AgentMisconfigured', OTHER_FORM];
  if (html) return [always, 'ConnectionLost', 'is behind a proxy that failed', PROXY_FIX];
  return [always, 'AgentFailed', 'failed for an unknown reason'];
}

/** Whether a proxy could not connect to the agent, so that the task costs nothing. 521 and 523 are Cloudflare's. */
function isUnconnected(status: number, tookMs: number): boolean {
  return (status === 502 && tookMs < CANNOT_CONNECT_MS) || status === 521 || status === 523;
}

function isHtml({ headers, text }: ErrorReply): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(text);
}
