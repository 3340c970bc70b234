/**
 * Every error that HTTP can answer, as RFC 9457 problem details: one row a code. The code is stable, the wording is not.
 */
interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** Seconds for `Retry-After`, where trying again makes sense. */
  readonly retryAfter?: number;
  /** What it means, for the reference page. Markdown. */
  readonly meaning: string;
  /** What the caller can do. Markdown. */
  readonly mend: string;
}

export const PROBLEMS = {
  signature_missing: {
    status: 401,
    title: 'The request is not signed',
    meaning: 'A task or event came without the headers that prove its sender.',
    mend: 'Sign the raw body: `X-Hub-Signature-256`, or `webhook-id`, `webhook-timestamp` and `webhook-signature`.',
  },
  signature_invalid: {
    status: 401,
    title: 'The signature does not match',
    meaning: 'The signature was not made over these bytes with a secret that is configured here.',
    mend: 'Sign the bytes exactly as they are sent, with the secret of your client.',
  },
  timestamp_out_of_window: {
    status: 401,
    title: 'The signed timestamp is too old or too new',
    meaning: 'The signature is dated more than 5 minutes from now.',
    mend: 'Sign at the time of sending, each try anew, and check the clock.',
  },
  api_key_missing: {
    status: 401,
    title: 'No API key was given',
    meaning: 'The path shows runs, and the request does not say whose.',
    mend: 'Send `Authorization: Bearer <API key>`.',
  },
  api_key_invalid: {
    status: 401,
    title: 'The API key is not known',
    meaning: 'The key belongs to no client of this server.',
    mend: 'Check the key, and the server that it is for.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not valid HTTP for this server',
    meaning: 'What arrived could not be read as HTTP/1.1.',
    mend: 'Check the client and whatever stands between it and this server.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON that can be read in one way',
    meaning:
      'The body is empty, not UTF-8 or not JSON, is nested deeper than 100 levels, or has one name twice in an object.',
    mend: 'Send one flat JSON document in UTF-8, without a byte order mark, and each name once.',
  },
  invalid_task: {
    status: 422,
    title: 'The task is not valid',
    meaning: 'The body is JSON but no task; `errors` names each wrong field.',
    mend: 'Correct the named fields.',
  },
  invalid_event: {
    status: 422,
    title: 'No task could be made of the event',
    meaning: 'A configured source took the event, but its template found nothing to ask the agent.',
    mend: 'Look at what the sender sent, or have the operator change the template of the source.',
  },
  invalid_parameter: {
    status: 422,
    title: 'A parameter is not valid',
    meaning: 'A query parameter, header or field is unknown or has a wrong value; `errors` names it.',
    mend: 'Correct the named parameter.',
  },
  invalid_idempotency_key: {
    status: 422,
    title: 'The idempotency key is not valid',
    meaning: 'The id of the delivery is empty, too long, given twice, or holds characters that no key may hold.',
    mend: 'Send 1 to 255 visible ASCII characters, once.',
  },
  callback_url_refused: {
    status: 422,
    title: 'The callback address is not permitted',
    meaning: 'Policy forbids the host, port or scheme, or the address is no URL.',
    mend: 'Use an address that the operator permits to your client.',
  },
  agent_not_permitted: {
    status: 422,
    title: 'The agent is not permitted',
    meaning: 'Your client may use no agent that is configured, or not the one that the source names.',
    mend: 'Ask the operator.',
  },
  user_not_permitted: {
    status: 422,
    title: 'The user is not permitted',
    meaning:
      'Your client may ask on behalf of certain users alone, and the task names another one, or none: `user_id`, `principal`, or what the template of a source makes of an event.',
    mend: 'Name a permitted user, written exactly as in the settings, or have the operator add it to `allowed_user_ids`.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'The idempotency key was used for another body',
    meaning: 'A run with this key is there, and it was started with another body.',
    mend: 'Send the same body, or a new key.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body is larger than this server reads.',
    mend: 'Send a shorter task, or have the operator raise the limit.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    meaning: 'The body is of another type or compressed.',
    mend: 'Send `application/json` in UTF-8, uncompressed.',
  },
  not_found: {
    status: 404,
    title: 'Nothing is here',
    meaning: 'There is no such path, or your client has no such run: unknown, expired and foreign runs look the same.',
    mend: 'Check the id, and whether the run has expired.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    meaning: 'The path is known, but not with this method.',
    mend: 'Use a method that the header `Allow` names.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    meaning: 'The headers are larger than this server reads.',
    mend: 'Send fewer or shorter ones.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'The request was not complete in time.',
    mend: 'Send it faster, or send less.',
  },
  rate_limited: {
    status: 429,
    title: 'Your client asks too often',
    retryAfter: 1,
    meaning: 'This client has asked for more than its share.',
    mend: 'Wait as long as `Retry-After` says, then ask less often.',
  },
  too_many_in_flight: {
    status: 429,
    title: 'Your client has too many requests under way',
    retryAfter: 1,
    meaning: 'This client has as many deliveries, or waiting polls, under way at once as it may have.',
    mend: 'Send fewer at once, and try again as `Retry-After` says: with the same delivery id it is the same run.',
  },
  too_many_streams: {
    status: 429,
    title: 'Your client follows too many runs at once',
    retryAfter: 5,
    meaning: 'This client has as many event streams open as it may have.',
    mend: 'Close a stream, or poll with `?wait=`.',
  },
  overloaded: {
    status: 503,
    title: 'This server has as much to do as it takes on',
    retryAfter: 2,
    meaning: 'All clients together have used up what this process takes on of this kind.',
    mend: 'Wait as long as `Retry-After` says.',
  },
  temporal_unavailable: {
    status: 503,
    title: 'Runs cannot be recorded at the moment',
    retryAfter: 2,
    meaning: 'Temporal did not answer in time, or refused.',
    mend: "Try again, with the same `Idempotency-Key` where you sent one: it can't become two runs.",
  },
  internal_error: {
    status: 500,
    title: 'Something failed on our side',
    meaning: 'A fault of this server.',
    mend: 'Try again; if it recurs, tell the operator the `request_id`.',
  },
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

/** What a code means and how to mend it, for who follows the `type` of a problem. Markdown; undefined for an unknown code. */
export function describeProblem(code: string): string | undefined {
  if (!Object.hasOwn(PROBLEMS, code)) return undefined;
  const { status, title, meaning, mend }: ProblemEntry = PROBLEMS[code as ProblemCode];
  return `# ${title}\n\n\`${code}\`, status ${status}\n\n${meaning}\n\n${mend}\n`;
}

/** Seconds to wait before another try of a refused request; undefined where another try is pointless. */
export function problemRetryAfter(code: ProblemCode): number | undefined {
  const entry: ProblemEntry = PROBLEMS[code];
  return entry.retryAfter;
}
