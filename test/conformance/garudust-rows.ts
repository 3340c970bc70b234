import type { FailureType } from '../../src/contract/failures.ts';
import type { ModelReply } from '../support/fake-garudust/model-script.ts';

/** What only the model says: no error of ours may hold it. */
export const LLM_SECRET = 'model-says-sk-12345';

/** A failure of the model: what Garudust answers, and what our adapter makes of it. */
export interface ErrorRow {
  readonly name: string;
  readonly reply: ModelReply;
  /** The text, or its start where the rest is another program's. */
  readonly text: string | RegExp;
  readonly type: FailureType;
  readonly retryAfterMs?: number;
}

export const MODEL_ERRORS: readonly ErrorRow[] = [
  row('a refused model key (401)', status(401), 'transport error: authentication failed', 'ModelKeyRefused'),
  row('a refused model key (403)', status(403), 'transport error: authentication failed', 'ModelKeyRefused'),
  {
    ...row('a rate limit', status(429), 'transport error: rate limited, retry after 60s', 'ModelRateLimited'),
    retryAfterMs: 60_000,
  },
  row('a hanging model', { kind: 'hang' }, 'transport error: LLM call timed out after 1s', 'ModelUnavailable'),
  row('a failing model', status(503), `transport error: HTTP error 503: ${LLM_SECRET}`, 'ModelUnavailable'),
  row('a request timeout', status(408), `transport error: HTTP error 408: ${LLM_SECRET}`, 'ModelUnavailable'),
  row('a refused prompt', status(400), `transport error: HTTP error 400: ${LLM_SECRET}`, 'TaskRefused'),
  row('an unknown model', status(404), `transport error: HTTP error 404: ${LLM_SECRET}`, 'AgentMisconfigured'),
  row('an empty 204', status(204), 'transport error: HTTP error 204: ', 'AgentMisconfigured'),
  row('a cut connection', { kind: 'cut' }, /^transport error: network error: /, 'ModelUnavailable'),
  row('an answer without choices', odd('{}'), 'transport error: no choices in response', 'ModelAnswerUnreadable'),
  row(
    'an answer that is no JSON',
    odd(LLM_SECRET),
    new RegExp(`^transport error: parse error: .*\nbody: ${LLM_SECRET}$`, 's'),
    'ModelAnswerUnreadable',
  ),
];

function row(name: string, reply: ModelReply, text: string | RegExp, type: FailureType): ErrorRow {
  return { name, reply, text, type };
}

/** A model that answers with a status and the secret. */
export function status(code: number): ModelReply {
  return { kind: 'status', status: code, body: LLM_SECRET };
}

function odd(body: string): ModelReply {
  return { kind: 'odd', body };
}

/** Requests that are refused before the agent runs. */
export const REFUSALS: readonly { name: string; init: RequestInit; status: number; text: RegExp }[] = [
  { name: 'a wrong key', init: { headers: { authorization: 'Bearer x' } }, status: 401, text: /^Unauthorized\n$/ },
  { name: 'no JSON', init: { body: 'nonsense' }, status: 400, text: /^Failed to parse the request body as JSON: / },
  {
    name: 'no content type',
    init: { headers: { 'content-type': 'text/plain' } },
    status: 415,
    text: /^Expected request with `Content-Type: application\/json`$/,
  },
  {
    name: 'a missing message',
    init: { body: '{}' },
    status: 422,
    text: /^Failed to deserialize the JSON body into the target type: missing field `message`/,
  },
  {
    name: 'a message that is no text',
    init: { body: '{"message":1}' },
    status: 422,
    text: /^Failed to deserialize the JSON body into the target type: /,
  },
  {
    name: 'more than 2 MiB',
    init: { body: JSON.stringify({ message: 'x'.repeat(2_097_152) }) },
    status: 413,
    text: /^Failed to buffer the request body: length limit exceeded$/,
  },
];
