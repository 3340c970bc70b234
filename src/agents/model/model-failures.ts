import type { FailureType } from '../../contract/failures.ts';
import type { Usage } from '../../contract/run.ts';
import { isRecord } from '../../values/is-record.ts';
import { AgentError } from '../agent.ts';
import { type ErrorReply, sortHttpFailure, toHttpFailure } from '../http-failures.ts';

/** The codes that OpenAI, Anthropic, Google and servers like theirs give beside a status; whatever else they say is not used. */
const CODES: readonly (readonly [codes: readonly string[], type: FailureType, what: string, fix?: string])[] = [
  [
    ['insufficient_quota', 'billing_hard_limit_reached', 'billing_error'],
    'AgentBudgetExhausted',
    'has a key whose budget is spent',
    'Raise the budget of the key at the provider, or add credit there.',
  ],
  [['invalid_api_key', 'API_KEY_INVALID'], 'AgentKeyRefused', 'refused our key'],
  [
    ['context_length_exceeded', 'request_too_large'],
    'TaskRefused',
    'has a model whose context is too short for the conversation',
  ],
  [['content_filter', 'content_policy_violation'], 'TaskRefused', 'refused the task by its content filter'],
  [['model_not_found', 'not_found_error'], 'AgentMisconfigured', 'has no such model'],
  [
    ['unsupported_parameter', 'unsupported_value', 'unknown_parameter'],
    'AgentMisconfigured',
    'has a model that does not take one of its settings',
    'Remove temperature, max_output_tokens, user or mcp_servers from the agent, whichever its model does not take.',
  ],
];

const FORM_FIX =
  "Check that the agent's url is the base URL of the API, with its version, and that no proxy replaces its answers.";

/** Sorts an answer without a stream of events into the failure table. */
export function sortModelFailure(reply: ErrorReply, tookMs: number): AgentError {
  const codes = findCodes(reply.text);
  for (const [known, type, what, fix] of CODES) {
    if (known.some((code) => codes.includes(code))) return toHttpFailure(reply, type, what, fix);
  }
  return sortHttpFailure(reply, tookMs, FORM_FIX);
}

/**
 * Sorts what a stream of events ended with, after a status of 200. Nothing of the error but its kind and status is used.
 *
 * @param error whatever the library rejects with
 */
export function sortStreamFailure(error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const { name, statusCode } = isRecord(error) ? error : {};
  // Anthropic's first event may be an error with a status of its own.
  if (typeof statusCode === 'number' && statusCode >= 400) return sortModelFailure(emptyReply(statusCode), Infinity);
  const isUnreadable =
    typeof name === 'string' && /^AI_(?:JSONParse|TypeValidation|InvalidResponse|NoOutput)/.test(name);
  return isUnreadable
    ? new AgentError('ModelAnswerUnreadable', 'sent an answer that is not readable')
    : new AgentError('ModelUnavailable', 'reported an error in the midst of its answer');
}

const AFTER_WORK: Readonly<Partial<Record<FailureType, FailureType>>> = {
  RateLimited: 'ModelRateLimited',
  AgentUnreachable: 'ModelUnavailable',
};

/**
 * A failure once the model has worked for this task: it was paid, so the attempt counts.
 *
 * @param usage of the calls so far
 */
export function afterWork(error: AgentError, usage: Usage): AgentError {
  const { type, statusCode, retryAfterMs, fix, message } = error;
  const details = {
    usage,
    ...(statusCode !== undefined && { statusCode }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(fix !== undefined && { fix }),
  };
  const later = AFTER_WORK[type];
  return new AgentError(later ?? type, later === undefined ? message : `${message} after it had worked`, details);
}

function emptyReply(status: number): ErrorReply {
  return { status, headers: {}, text: '' };
}

/** `error.code`, `error.type` and `error.status` of OpenAI and Anthropic, and the reasons in Google's details. */
function findCodes(text: string): readonly string[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [];
  }
  // Google sends a list of one.
  const [first] = Array.isArray(body) ? (body as unknown[]) : [body];
  const error = isRecord(first) && isRecord(first['error']) ? first['error'] : {};
  const details = Array.isArray(error['details']) ? (error['details'] as unknown[]) : [];
  const found = [error['code'], error['type'], ...details.map((detail) => (isRecord(detail) ? detail['reason'] : ''))];
  return found.filter((code) => typeof code === 'string');
}
