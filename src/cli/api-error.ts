import { z } from 'zod';
import { readRetryAfter } from '../timing/read-retry-after.ts';
import { CliError } from './cli-error.ts';
import type { Credential } from './find-credentials.ts';

/**
 * Thrown when the server is unreachable or refuses a request.
 *
 * `passing` failures may succeed on a retry; `retryAfterMs` is the pause that the server asked for. After an `ambiguous`
 * one, the server may have done what it was asked.
 */
export class ApiError extends CliError {
  override readonly name = 'ApiError';
  readonly passing: boolean;
  readonly ambiguous: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { readonly passing: boolean; readonly ambiguous?: boolean; readonly retryAfterMs?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(facts.passing ? 'unavailable' : 'refused', message, options);
    this.passing = facts.passing;
    this.ambiguous = facts.ambiguous ?? false;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** The error for a request that got no answer. */
export function connectionError(url: string, timeoutMs: number, cause: unknown): ApiError {
  const code = codeOf(cause);
  const failed = (message: string, ambiguous = false): ApiError =>
    new ApiError(message, { passing: true, ambiguous }, { cause });
  switch (code) {
    case 'ECONNREFUSED':
      return failed(`No server listens at ${url}. Start it, or set another address with --url.`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failed(`The host of ${url} does not resolve (${code}): check --url or GARUDUST_TEMPORAL_URL.`);
    case 'TimeoutError':
      return failed(`${url} did not answer within ${timeoutMs / 1000} s: retry, or check the address.`, true);
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return failed(`${url} closed the connection before it answered: retry.`, true);
    default:
      return failed(`${url} is unreachable (${code}): check --url or GARUDUST_TEMPORAL_URL.`, true);
  }
}

/** fetch wraps the system's error in one of its own, and the errors of several addresses in one more. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return error.name;
  const { code, errors } = error as Error & { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return error.cause === undefined ? error.message : codeOf(error.cause);
}

/** The part of `application/problem+json` that is read here; unknown codes are accepted. */
const problem = z.object({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

/** With what the request was made, so that the error can name what to correct. */
interface RefusalContext {
  readonly url: string;
  readonly secrets: Credential | undefined;
  readonly apiKey: Credential | undefined;
}

const PASSING_STATUS = [408, 429, 502, 503, 504];

/**
 * The error for an unsuccessful answer.
 *
 * @param answer `body` is the parsed JSON, or undefined when it is none
 */
export function explainRefusal(
  answer: { readonly status: number; readonly retryAfter: string | null; readonly body: unknown },
  context: RefusalContext,
): ApiError {
  const { status } = answer;
  const facts = {
    passing: PASSING_STATUS.includes(status),
    ambiguous: status >= 500,
    retryAfterMs: readRetryAfter(answer.retryAfter),
  };
  const parsed = problem.safeParse(answer.body);
  if (!parsed.success) {
    return new ApiError(
      `${context.url} answered ${status} without a problem document, so it is probably not a garudust-temporal server: check --url or GARUDUST_TEMPORAL_URL.`,
      facts,
    );
  }
  const { code, title = 'The request was refused', detail } = parsed.data;
  return new ApiError(credentialHint(code, context) ?? sentence(title, detail, code), facts);
}

function sentence(title: string, detail: string | undefined, code: string): string {
  const text = detail === undefined ? `${title}.` : `${title}: ${detail}`;
  return `${text} (${code})`;
}

/** The server's own text addresses whoever writes the request; here the fix is a variable. */
function credentialHint(code: string, { url, secrets, apiKey }: RefusalContext): string | undefined {
  if (code === 'signature_invalid') {
    return `${url} rejected the signature: GARUDUST_WEBHOOK_SECRET must be a webhook secret of that server; ${heldBy(secrets)} is not. (${code})`;
  }
  if (code === 'api_key_invalid') {
    return `${url} rejected the API key: RUNS_API_KEY must be an API key of that server; ${heldBy(apiKey)} is not. (${code})`;
  }
  return undefined;
}

function heldBy(credential: Credential | undefined): string {
  return `the one in ${credential?.origin ?? 'use'}`;
}
