import type { ProblemCode } from '../problems.ts';
import { API_KEY, headerRefs, OPEN, problemResponses, SIGNED } from './components.ts';
import { EXAMPLES } from './examples.ts';
import { type JsonObject, type SchemaName, schemaRef } from './schemas.ts';

const TASK_PROBLEMS: readonly ProblemCode[] = [
  'malformed_json',
  'signature_missing',
  'signature_invalid',
  'timestamp_out_of_window',
  'idempotency_conflict',
  'session_busy',
  'session_full',
  'body_too_large',
  'unsupported_media_type',
  'invalid_task',
  'own_callback',
  'invalid_idempotency_key',
  'callback_url_refused',
  'agent_not_permitted',
  'workflow_not_permitted',
  'invalid_input',
  'user_not_permitted',
  'rate_limited',
  'too_many_in_flight',
  'overloaded',
  'temporal_unavailable',
  'temporal_not_set_up',
  'payload_unreadable',
];

const SIGNATURE_PROBLEMS: readonly ProblemCode[] = [
  'signature_missing',
  'signature_invalid',
  'timestamp_out_of_window',
];

const HOOK_PROBLEMS: readonly ProblemCode[] = [
  'handshake_refused',
  'sender_unreachable',
  ...TASK_PROBLEMS.filter(
    (code) => code !== 'invalid_task' && code !== 'own_callback' && code !== 'invalid_idempotency_key',
  ),
  'invalid_event',
  'not_found',
];

const ACCEPTED_HEADERS = headerRefs(
  'Location',
  'Retry-After',
  'Idempotent-Replayed',
  'X-Request-Id',
  'RateLimit-Policy',
  'RateLimit',
);
const ACCEPTED: JsonObject = {
  description: 'The run is durably recorded and will be executed.',
  headers: ACCEPTED_HEADERS,
  content: { 'application/json': { schema: schemaRef('Run'), example: EXAMPLES.AcceptedRun } },
};
const ACCEPTED_IN_TIME: JsonObject = {
  ...ACCEPTED,
  headers: { ...ACCEPTED_HEADERS, ...headerRefs('Preference-Applied') },
};
const ENDED: JsonObject = {
  description: 'The run has ended within the time that `Prefer: wait` gave it.',
  headers: headerRefs(
    'Location',
    'Preference-Applied',
    'Idempotent-Replayed',
    'X-Request-Id',
    'RateLimit-Policy',
    'RateLimit',
  ),
  content: { 'application/json': { schema: schemaRef('Run'), example: EXAMPLES.Run } },
};

const PREFER: JsonObject = {
  name: 'Prefer',
  in: 'header',
  description:
    '`wait=30` (RFC 7240): wait up to 30 seconds for the end of the run, 60 at most, and respond 200 with the outcome if it comes in time, otherwise 202. It counts in the limits of waiting polls; where these are reached, the response is an immediate 202 without `Preference-Applied`.',
  schema: { type: 'string' },
  example: 'wait=30',
};

const IDEMPOTENCY_KEY: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The id of this delivery. A repeat with the same id gets the same run, for as long as Temporal keeps runs. Bare, or an RFC 8941 string in quotes. A signed `webhook-id` takes precedence; `X-GitHub-Delivery` is the fallback.',
  schema: { type: 'string', pattern: String.raw`^\s*([!#-~][!-~]{0,254}|"([ !#-\[\]-~]|\\["\\]){1,255}")\s*$` },
};

/** `POST /webhook` and the second path for tasks. */
export function taskPaths(endpointPath: string): JsonObject {
  return {
    '/webhook': { post: taskOperation('sendTask', 'Send a task', 'Task') },
    '/webhook/{client}': {
      parameters: [
        {
          name: 'client',
          in: 'path',
          required: true,
          description:
            "Id of the client that signs. Only that client's secrets are tried, which is faster with many clients.",
          schema: { type: 'string' },
          example: 'ci',
        },
      ],
      post: taskOperation('sendTaskAsClient', 'Send a task as a named client', 'Task'),
    },
    ...(endpointPath !== '/webhook' && {
      [endpointPath]: {
        post: taskOperation(
          'invokeAgent',
          'Send a task with the field names of "Event-Driven Agent Orchestration"',
          'InvokeTask',
        ),
      },
    }),
    '/hooks/{source}': {
      parameters: [
        {
          name: 'source',
          in: 'path',
          required: true,
          description: 'Name of a configured source.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
          example: 'github',
        },
      ],
      get: HANDSHAKE,
      post: HOOK,
    },
  };
}

function taskOperation(operationId: string, summary: string, first: SchemaName & ('Task' | 'InvokeTask')): JsonObject {
  const second = first === 'Task' ? 'InvokeTask' : 'Task';
  const urlField = first === 'Task' ? 'callback_url' : 'response_uri';
  return {
    operationId,
    summary,
    description:
      'Responds once the run is recorded. Every path for tasks accepts both vocabularies, one per request; unknown fields are refused. Sign the raw bytes of the body.',
    tags: ['Tasks'],
    security: SIGNED,
    parameters: [IDEMPOTENCY_KEY, PREFER],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { oneOf: [schemaRef(first), schemaRef(second)] },
          examples: {
            [first]: { value: EXAMPLES[first] },
            [second]: { value: EXAMPLES[second] },
          },
        },
      },
    },
    responses: { '200': ENDED, '202': ACCEPTED_IN_TIME, ...problemResponses(TASK_PROBLEMS) },
    callbacks: {
      outcome: { [`{$request.body#/${urlField}}`]: { post: CALLBACK } },
      question: { [`{$request.body#/${urlField}}`]: { post: QUESTION } },
    },
  };
}

/** `POST /v1/runs`: the same task, for the holder of an API key. */
export function createRun(): JsonObject {
  const unsigned = TASK_PROBLEMS.filter((code) => !SIGNATURE_PROBLEMS.includes(code));
  return {
    ...taskOperation('createRun', 'Send a task with an API key', 'Task'),
    description:
      'The same task as at `/webhook`, with the same limits and the same runs for the same `Idempotency-Key`, from a caller who holds the API key and signs nothing. Responds once the run is recorded.',
    security: API_KEY,
    responses: {
      '200': ENDED,
      '202': ACCEPTED_IN_TIME,
      ...problemResponses(['api_key_missing', 'api_key_invalid', ...unsigned]),
    },
  };
}

const CALLBACK: JsonObject = {
  summary: 'The outcome of a run',
  description:
    'Posted to the callback address when the run has ended, and retried for some 75 hours until a response is 2xx. Signed both ways: `X-Hub-Signature-256`, and `webhook-id`, `webhook-timestamp`, `webhook-signature` of Standard Webhooks. Body and `webhook-id` are the same on each attempt.',
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schemaRef('CallbackBody'), example: EXAMPLES.CallbackBody } },
  },
  responses: {
    '2XX': { description: 'Delivered: it is not sent again.' },
    '410': { description: 'Rejected for good: it is not sent again unless somebody redelivers it.' },
    default: { description: 'Retried later. Redirects are not followed; `Retry-After` is honoured.' },
  },
};

const QUESTION: JsonObject = {
  ...CALLBACK,
  summary: 'A run asks a person',
  description:
    'Where the operator has set `callback_questions`: posted to the same address when the run asks, signed alike, with a `webhook-id` of its own. Retried on the same schedule for as long as the question stands. It has no `text`.',
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schemaRef('QuestionBody'), example: EXAMPLES.QuestionBody } },
  },
};

const { id, workflow_id: workflowId, status } = EXAMPLES.AcceptedRun;
/** A sender outside learns nothing of the inside. */
const ACCEPTED_EVENT: JsonObject = {
  ...ACCEPTED,
  description:
    'The run is durably recorded. The operator may set another status and another body. A batch of events is answered by a list, `runs`, also where it holds one: in the order of its events, without those that were ignored.',
  content: {
    'application/json': {
      schema: { type: 'object' },
      example: { id, workflow_id: workflowId, status, links: { self: `/v1/runs/${id}` } },
    },
  },
};

const HANDSHAKE: JsonObject = {
  operationId: 'answerHandshake',
  summary: 'Confirm the URL of a source',
  description:
    'Only where the sender of the source asks before it sends, such as Meta. The answer to `HEAD` has the same head. Nothing is started.',
  tags: ['Tasks'],
  security: OPEN,
  responses: {
    '200': {
      description: 'The challenge that the sender has sent, or nothing.',
      content: { 'text/plain': { schema: { type: 'string' }, example: '1158201444' } },
    },
    ...problemResponses(['handshake_refused', 'not_found', 'method_not_allowed']),
  },
};

const HOOK: JsonObject = {
  operationId: 'takeEvent',
  summary: 'Send an event of a configured source',
  description:
    "The operator configures what a source sends, how it signs and what becomes of its events. The security below is that of the presets; Slack, Stripe, GitLab, Shopify and others use headers of their own. A source may have another path, and accepts its sender's media types.",
  tags: ['Tasks'],
  security: SIGNED,
  requestBody: { required: true, content: { 'application/json': { schema: {} } } },
  responses: {
    '200': {
      description:
        "The event starts no run, and the body says why; or it is the sender's handshake, and the body answers it.",
      content: {
        'application/json': { schema: schemaRef('EventAnswer'), example: EXAMPLES.EventAnswer },
      },
    },
    '202': ACCEPTED_EVENT,
    ...problemResponses(HOOK_PROBLEMS),
  },
};
