import { CliError } from './cli-error.ts';

/**
 * Thrown when the server can't be reached or does not do what it was asked.
 *
 * `passing` failures may be gone in a moment; `retryAfterMs` is the pause that the server asked for. `ambiguous` ones may
 * have come after the server did what it was asked.
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
      return failed(`Nothing listens at ${url}: is the server running? Another address goes into --url.`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failed(
        `The host of ${url} can't be found (${code}): check the address in --url or GARUDUST_TEMPORAL_URL.`,
      );
    case 'TimeoutError':
      return failed(`${url} did not answer within ${timeoutMs / 1000} s: try again, or check the address.`, true);
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return failed(`${url} broke the connection before it answered: try again.`, true);
    default:
      return failed(
        `${url} could not be reached (${code}): check the address in --url or GARUDUST_TEMPORAL_URL.`,
        true,
      );
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
