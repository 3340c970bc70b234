import { INPUT_PROBLEMS } from './input-problems.ts';

/** Every error that HTTP can answer, as RFC 9457 problem details: one row per code. The code is stable, the wording is not. */
interface ProblemEntry {
  readonly status: number;
  readonly title: string;
  /** Seconds for `Retry-After`, where a retry makes sense. */
  readonly retryAfter?: number;
  /** What it means, for the reference page. Markdown. */
  readonly meaning: string;
  /** What the caller can do. Markdown. */
  readonly fix: string;
}

export const PROBLEMS = {
  signature_missing: {
    status: 401,
    title: 'The request is not signed',
    meaning: 'The request has no signature headers.',
    fix: 'Sign the raw body: send `X-Hub-Signature-256`, or `webhook-id`, `webhook-timestamp` and `webhook-signature`.',
  },
  signature_invalid: {
    status: 401,
    title: 'The signature does not match',
    meaning:
      'No secret that is configured for the sender verifies the signature over the bytes that arrived, or the client requires a signed timestamp (`require: timestamp`) and the request has none.',
    fix: "Sign the exact bytes that you send, with your client's secret; sign with Standard Webhooks where the client requires a timestamp.",
  },
  timestamp_out_of_window: {
    status: 401,
    title: 'The signed timestamp is too old or too new',
    meaning: "The signed timestamp is more than 5 minutes off the server's clock.",
    fix: 'Sign each attempt when you send it, and check your clock.',
  },
  api_key_missing: {
    status: 401,
    title: 'The API key is missing',
    meaning: 'This path requires an API key.',
    fix: 'Send `Authorization: Bearer <API key>`.',
  },
  api_key_invalid: {
    status: 401,
    title: 'The API key is unknown',
    meaning: 'The key belongs to no client of this server.',
    fix: 'Check the key, and that you call the right server.',
  },
  handshake_refused: {
    status: 403,
    title: 'The handshake is refused',
    meaning: 'A sender asked a source to confirm its URL, with another token than the operator has set, or with none.',
    fix: "Enter the same text as the sender's verify token and as `handshake.token` of the source.",
  },
  malformed_request: {
    status: 400,
    title: 'Malformed HTTP request',
    meaning: 'The server could not parse the request as HTTP/1.1.',
    fix: 'Check your HTTP client and any proxy between it and this server.',
  },
  malformed_json: {
    status: 400,
    title: 'Malformed or ambiguous JSON',
    meaning:
      'The body is empty, is not UTF-8 or not JSON, is nested deeper than 100 levels, or repeats a name within one object.',
    fix: 'Send one JSON document in UTF-8, without a byte order mark, with each name once per object.',
  },
  invalid_task: {
    status: 422,
    title: 'The task is not valid',
    meaning: 'The body is JSON but not a valid task. `errors` names each wrong field.',
    fix: 'Correct the named fields.',
  },
  own_callback: {
    status: 422,
    title: 'This is a message of this server',
    meaning:
      'The body is a callback, or the notification of a dead letter, and not a task. It does not count against the rate of the client.',
    fix: 'Do not post callbacks and notifications back to this server. If you did not, somebody replays them: set a separate `callback_secret`.',
  },
  invalid_event: {
    status: 422,
    title: 'The event produced no task',
    meaning: 'A configured source accepted the event, but its template produced no text for the agent.',
    fix: "Check the event's content, or ask the operator to change the source's template.",
  },
  invalid_parameter: {
    status: 422,
    title: 'A parameter is not valid',
    meaning: 'A query parameter, header or field is unknown or has a wrong value. `errors` names it.',
    fix: 'Correct the named parameter.',
  },
  invalid_idempotency_key: {
    status: 422,
    title: 'The idempotency key is not valid',
    meaning: 'The delivery id is empty, too long, repeated, or has characters other than visible ASCII.',
    fix: 'Send one key of 1 to 255 visible ASCII characters.',
  },
  callback_url_refused: {
    status: 422,
    title: 'The callback address is not permitted',
    meaning: "The URL is not valid, or the server's policy forbids its host, port or scheme.",
    fix: 'Use an address that the operator permits for your client.',
  },
  agent_not_permitted: {
    status: 422,
    title: 'The agent is not permitted',
    meaning: 'Your client may use none of the configured agents, or not the one that the task or the source names.',
    fix: 'Name an agent that `detail` lists, or ask the operator to permit the agent for your client.',
  },
  workflow_not_permitted: {
    status: 422,
    title: 'The workflow is not permitted',
    meaning: 'No workflow of this name is configured, or your client may not use it.',
    fix: 'Name a workflow that `detail` lists, or ask the operator to permit it for your client.',
  },
  invalid_input: {
    status: 422,
    title: 'The input of the workflow is not valid',
    meaning: 'The schema of the workflow refuses `input`, or the text where there is no input. Nothing was recorded.',
    fix: 'Correct the fields that `errors` lists.',
  },
  user_not_permitted: {
    status: 422,
    title: 'The user is not permitted',
    meaning:
      "Your client may act for certain users only, and the task names none or another one in `user_id`, in `principal` or through the source's template.",
    fix: 'Name a permitted user, spelled exactly as in the settings, or ask the operator to add it to `allowed_user_ids`.',
  },
  idempotency_conflict: {
    status: 409,
    title: 'The idempotency key was used for another body',
    meaning: 'A run with this key exists and was started with a different body.',
    fix: 'Send the same body, or use a new key.',
  },
  call_over: {
    status: 409,
    title: 'The call takes no answer any more',
    meaning: 'The call was answered before, has timed out, was canceled, or the agent was asked anew.',
    fix: 'Drop the answer. `attempt_timeout` of the agent says how long a call waits.',
  },
  session_busy: {
    status: 409,
    title: 'The session is busy',
    meaning:
      'Another run of the same session key is at work or waits, and `session_policy` is `reject`. Nothing was recorded.',
    fix: 'Send the task again when that run has answered, or ask the operator for another `session_policy`.',
  },
  too_many_redeliveries: {
    status: 409,
    title: 'The callback was redelivered too often',
    meaning: 'The callback of a run can be sent again 500 times.',
    fix: 'Poll the run for its outcome.',
  },
  run_open: {
    status: 409,
    title: 'The run is still open',
    meaning:
      'Only a closed run can be deleted: one that has ended and whose callback was delivered, was given up for good, or was not asked for.',
    fix: 'Wait until the run has ended, or cancel it, and until its callback is delivered or its dead letter has expired. Then repeat the request.',
  },
  ...INPUT_PROBLEMS,
  no_worker: {
    status: 409,
    title: 'No worker can do this',
    meaning:
      'The run is on another task queue than that of this server, and no worker polls that queue. `TEMPORAL_TASK_QUEUE` was changed while the run was open.',
    fix: 'Operator: run a worker of the former queue until its runs are closed, as `docs/production.md` describes. Caller: ask the operator, then repeat the request.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body, or the task that comes of it, exceeds a limit of the server or of Temporal.',
    fix: 'Send a shorter task, or ask the operator to raise the limit.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    meaning: 'The body has an unsupported media type, charset or compression.',
    fix: 'Send uncompressed `application/json` in UTF-8.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning:
      "The path does not exist, or your client has no such run. Unknown runs, expired runs and other clients' runs get the same answer.",
    fix: 'Check the path and the id, and whether the run has expired.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but it does not support this method.',
    fix: 'Use a method from the `Allow` header.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    meaning: "The headers exceed the server's limit.",
    fix: 'Send fewer or shorter headers.',
  },
  request_timeout: {
    status: 408,
    title: 'The request timed out',
    meaning: 'The request did not arrive completely in time.',
    fix: 'Send the request faster, or send less.',
  },
  rate_limited: {
    status: 429,
    title: 'Rate limit exceeded',
    retryAfter: 1,
    meaning: 'Your client has used up its rate limit.',
    fix: 'Wait for `Retry-After`, then send requests less often.',
  },
  too_many_in_flight: {
    status: 429,
    title: 'Too many concurrent requests',
    retryAfter: 1,
    meaning: 'Your client has reached its limit of concurrent deliveries or waiting polls.',
    fix: 'Send fewer at once, and retry after `Retry-After`. A retry with the same delivery id gets the same run.',
  },
  session_full: {
    status: 429,
    title: 'Too many runs wait in the session',
    retryAfter: 5,
    meaning:
      'As many runs of the same session key wait for their turn as `limits.session_queue` permits. Nothing was recorded.',
    fix: 'Wait for `Retry-After`, use several session keys, or empty the session with `DELETE /v1/sessions/{key}`.',
  },
  too_many_streams: {
    status: 429,
    title: 'Too many event streams',
    retryAfter: 5,
    meaning: 'Your client has reached its limit of open event streams.',
    fix: 'Close a stream, or poll with `?wait=`.',
  },
  overloaded: {
    status: 503,
    title: 'The server is at capacity',
    retryAfter: 2,
    meaning: 'All clients together have reached a limit of this process.',
    fix: 'Wait for `Retry-After`, then retry.',
  },
  temporal_unavailable: {
    status: 503,
    title: 'Temporal is unavailable',
    retryAfter: 2,
    meaning:
      'Temporal refused the call or did not answer in time. The run of a delivery may have been recorded all the same: a call that is late still arrives.',
    fix: 'Retry. A delivery that is sent again with the same id (`Idempotency-Key`, `webhook-id`) cannot start a second run. Without an id it may: give each delivery one.',
  },
  temporal_not_set_up: {
    status: 503,
    title: 'Temporal is not set up',
    retryAfter: 30,
    meaning:
      "Temporal answers, but the namespace or this project's search attributes are missing, so no run can be recorded.",
    fix: 'Operator: run `garudust-temporal setup` against this namespace. Caller: retry with the same `Idempotency-Key`.',
  },
  sender_unreachable: {
    status: 503,
    title: 'A host of the sender cannot be reached',
    retryAfter: 5,
    meaning:
      'A source needs keys, a certificate or a confirmation from a host of its sender, and that host cannot be reached or refuses. Nothing is known about the delivery.',
    fix: 'Sender: send it again after `Retry-After`. Operator: the log names the host and what is wrong; a private address needs `callback.permit_networks`.',
  },
  payload_unreadable: {
    status: 503,
    title: 'The run cannot be decrypted',
    retryAfter: 30,
    meaning:
      'Temporal has the run, but this server lacks the key that its payloads are encrypted with, or they were altered.',
    fix: 'Operator: the log names the key; add it to `PAYLOAD_KEYS` of every ingress and worker, as `docs/payloads.md` describes. Caller: retry later.',
  },
  internal_error: {
    status: 500,
    title: 'Internal server error',
    meaning: 'The server failed unexpectedly.',
    fix: 'Retry. If the error recurs, give the operator the `request_id`.',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The page behind a problem's `type`: what the code means and how to fix it. Markdown; undefined for an unknown code. */
export function describeProblem(code: string): string | undefined {
  if (!Object.hasOwn(PROBLEMS, code)) return undefined;
  const { status, title, meaning, fix }: ProblemEntry = PROBLEMS[code as ProblemCode];
  return `# ${title}\n\n\`${code}\`, status ${status}\n\n${meaning}\n\n${fix}\n`;
}

/** Seconds to wait before a retry; undefined where a retry is pointless. */
export function problemRetryAfter(code: ProblemCode): number | undefined {
  return ({ ...PROBLEMS[code] } as ProblemEntry).retryAfter;
}
