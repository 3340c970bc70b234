import type { FailureType } from '../../contract/failures.ts';
import { AgentError } from '../agent.ts';
import { type ErrorReply, sortHttpFailure } from '../http-failures.ts';

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

const FORM_FIX = "Check that the agent's URL is Garudust's, and that no proxy replaces its answers.";

/**
 * Sorts an error answer of Garudust 0.13 into the failure table, by its status and the start of its text.
 *
 * @param reply an answer with another status than 200, or with a 200 that holds no answer of Garudust's
 * @param tookMs how long after the request it came, in milliseconds
 */
export function sortGarudustFailure(reply: ErrorReply, tookMs: number): AgentError {
  const { status, text } = reply;
  // Garudust itself fails with 500 only.
  for (const { prefix, type, what, retryAfterMs } of status === 500 ? ERROR_TEXTS : []) {
    const match = prefix.exec(text);
    if (match === null) continue;
    const number = Number(match[1] ?? 0);
    const pause = retryAfterMs?.(number);
    const details = { statusCode: status, ...(pause !== undefined && { retryAfterMs: pause }) };
    return new AgentError(typeof type === 'function' ? type(number) : type, what(number), details);
  }
  return sortHttpFailure(reply, tookMs, FORM_FIX);
}

/** What a status of the model, passed on by Garudust, means. */
function modelStatus(status: number): FailureType {
  if (status === 408 || status >= 500) return 'ModelUnavailable';
  if (status === 400 || status === 413 || status === 422) return 'TaskRefused';
  return 'AgentMisconfigured';
}
