/**
 * Every error that HTTP can answer, as RFC 9457 problem details: one row a code. The code is stable, the wording is not.
 */
interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** Seconds for `Retry-After`, where trying again makes sense. */
  readonly retryAfter?: number;
}

export const PROBLEMS = {
  signature_missing: { status: 401, title: 'The request is not signed' },
  signature_invalid: { status: 401, title: 'The signature does not match' },
  timestamp_out_of_window: { status: 401, title: 'The signed timestamp is too old or too new' },
  api_key_missing: { status: 401, title: 'No API key was given' },
  api_key_invalid: { status: 401, title: 'The API key is not known' },
  malformed_request: { status: 400, title: 'The request is not valid HTTP for this server' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_task: { status: 422, title: 'The task is not valid' },
  invalid_event: { status: 422, title: 'No task could be made of the event' },
  invalid_parameter: { status: 422, title: 'A parameter is not valid' },
  invalid_idempotency_key: { status: 422, title: 'The idempotency key is not valid' },
  callback_url_refused: { status: 422, title: 'The callback address is not permitted' },
  agent_not_permitted: { status: 422, title: 'The agent is not permitted' },
  idempotency_conflict: { status: 409, title: 'The idempotency key was used for another body' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  not_found: { status: 404, title: 'Nothing is here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  temporal_unavailable: { status: 503, title: 'Runs cannot be recorded at the moment', retryAfter: 2 },
  shutting_down: { status: 503, title: 'This server is stopping', retryAfter: 1 },
  internal_error: { status: 500, title: 'Something failed on our side' },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One offending field of a request. */
export interface ProblemField {
  /** The field's path, dotted: `callback_url`. */
  readonly field: string;
  readonly message: string;
}

/** The body of an error answer, `application/problem+json`. */
export interface Problem {
  /** `about:blank`-free, stable and relative: `/problems/<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What was wrong with which value, and how to mend it. */
  readonly detail: string;
  readonly request_id?: string;
  readonly errors?: readonly ProblemField[];
}

/**
 * Thrown when a request can't be served; the error responder turns it into problem details.
 *
 * `detail` reaches the caller: it never holds a secret, a host name of ours or a stack.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly ProblemField[] | undefined;

  constructor(code: ProblemCode, detail: string, errors?: readonly ProblemField[]) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}

/** The answer body for a code. */
export function toProblem(
  code: ProblemCode,
  detail: string,
  extra: Pick<Problem, 'request_id' | 'errors'> = {},
): Problem {
  const entry: ProblemEntry = PROBLEMS[code];
  return { type: `/problems/${code}`, title: entry.title, status: entry.status, code, detail, ...extra };
}

/** Seconds to wait before another try of a refused request; undefined where another try is pointless. */
export function problemRetryAfter(code: ProblemCode): number | undefined {
  const entry: ProblemEntry = PROBLEMS[code];
  return entry.retryAfter;
}
