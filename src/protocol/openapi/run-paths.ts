import { RUN_ID_FORM } from '../../contract/run-id-form.ts';
import type { ProblemCode } from '../problems.ts';
import { API_KEY, problemResponses } from './components.ts';
import { EXAMPLES } from './examples.ts';
import { type JsonObject, listParameters, schemaRef } from './schemas.ts';
import { createRun } from './task-paths.ts';

const READ_PROBLEMS: readonly ProblemCode[] = [
  'api_key_missing',
  'api_key_invalid',
  'temporal_unavailable',
  'temporal_not_set_up',
  'payload_unreadable',
];
const RUN_PROBLEMS: readonly ProblemCode[] = [...READ_PROBLEMS, 'not_found'];
/** Of requests about a run that have a body. */
const RUN_BODY_PROBLEMS: readonly ProblemCode[] = [
  ...RUN_PROBLEMS,
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_parameter',
];

const RUN_ID: JsonObject = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: RUN_ID_FORM },
  example: EXAMPLES.Run.id,
};

/** `/v1/runs` and all below it. */
export function runPaths(): JsonObject {
  return {
    '/v1/runs': { get: listRuns(), post: createRun() },
    '/v1/runs/{id}': { parameters: [RUN_ID], get: GET_RUN, delete: DELETE_RUN },
    '/v1/runs/{id}/events': { parameters: [RUN_ID], get: FOLLOW_RUN },
    '/v1/runs/{id}/cancel': { parameters: [RUN_ID], post: CANCEL_RUN },
    '/v1/runs/{id}/input': { parameters: [RUN_ID], post: ANSWER_RUN },
    '/v1/runs/{id}/redeliver': { parameters: [RUN_ID], post: REDELIVER_RUN },
  };
}

function run(description: string): JsonObject {
  return { description, content: { 'application/json': { schema: schemaRef('Run'), example: EXAMPLES.Run } } };
}

function listRuns(): JsonObject {
  return {
    operationId: 'listRuns',
    summary: 'List your runs',
    description: `Open runs come first, the latest start first, then closed runs, the latest end first. Follow \`next_cursor\` until it is null; a page may hold fewer runs than \`limit\`.

The list lags by some tenths of a second and shows less than the run itself: no \`output\`, no progress, and an open run reads \`running\` although it may still be queued or has just ended. It reads \`paused\` where Temporal Server is 1.28 or later. What it shows of a closed run is exact.

A page costs one list call to Temporal, two if it has closed runs; a self-hosted server allows 10 a second per namespace, including its UI. Each run that failed, was canceled or has a late callback costs two cheaper calls, once. By default a client may therefore list twice a second. To follow one run, use its events or \`wait\`.`,
    tags: ['Runs'],
    security: API_KEY,
    parameters: listParameters(),
    responses: {
      '200': {
        description: 'A page of runs.',
        content: { 'application/json': { schema: schemaRef('RunList'), example: EXAMPLES.RunList } },
      },
      ...problemResponses([...READ_PROBLEMS, 'invalid_parameter', 'rate_limited', 'overloaded']),
    },
  };
}

const GET_RUN: JsonObject = {
  operationId: 'getRun',
  summary: 'Get a run, or wait for its end',
  description:
    'Reads the run from Temporal in one or two calls, whether or not a worker is up. With `wait`, the response comes as soon as the run is terminal, or when the time is up. Temporal sees one long poll per run, however many callers wait for it or follow it.',
  tags: ['Runs'],
  security: API_KEY,
  parameters: [
    {
      name: 'wait',
      in: 'query',
      description: 'Seconds to wait for the end of the run.',
      schema: { type: 'integer', minimum: 0, maximum: 60, default: 0 },
    },
  ],
  responses: {
    '200': run('The run.'),
    ...problemResponses([...RUN_PROBLEMS, 'invalid_parameter', 'too_many_in_flight', 'overloaded']),
  },
};

/**
 * OpenAPI 3.1 does not say whether the schema of a stream is that of its text or of each event: generated clients take it for the
 * first, tools that know server-sent events for the second.
 */
const EVENT_STREAM: JsonObject = {
  anyOf: [
    { type: 'string', description: 'The whole stream, for a client that does not split it.' },
    schemaRef('StreamEvent'),
  ],
};

const FOLLOW_RUN: JsonObject = {
  operationId: 'followRun',
  summary: 'Follow a run as server-sent events',
  description: `Sends the current run first, then the run again at each change: its status, the agent's attempts and progress, its callback. A slow reader may miss intermediate states, never the last one.

- \`event: run\`, \`data\`: the run, \`id\`: a sequence number.
- \`event: text\`, \`data\`: \`{"offset", "text"}\`, no \`id\`: a further piece of the answer of an agent that streams, every 2 seconds or so. A gap in the offsets is what was missed; the run has the whole answer. An \`offset\` before the last one is that of another call.
- \`event: end\`, \`data\`: \`{"status", "callback"}\`: the run is terminal and its callback is delivered, dead or none. The stream ends. A new stream shows a later redelivery.
- \`event: bye\`: the server shuts down first; reconnect.
- Comments while nothing happens: every 15 seconds by default.

A reconnect with \`Last-Event-ID\` starts with the current run, so nothing is missed. 204 tells an \`EventSource\` that has seen the end not to reconnect.

Temporal sees one long poll per run, however many callers follow it or wait for it, and one describe every 2 to 10 seconds while an open run is followed.`,
  tags: ['Runs'],
  security: API_KEY,
  parameters: [
    {
      name: 'Last-Event-ID',
      in: 'header',
      description: 'The id of the last event that you saw. An id that this server did not send is ignored.',
      schema: { type: 'string' },
    },
  ],
  responses: {
    '200': {
      description: 'The events, until the end of the run.',
      content: {
        'text/event-stream': {
          schema: EVENT_STREAM,
          example: `id: 1\nevent: run\ndata: {"id":"${EXAMPLES.Run.id}","status":"running", …}\n\nid: 2.end\nevent: end\ndata: {"status":"completed","callback":"delivered"}\n\n`,
        },
      },
    },
    '204': { description: 'You have seen the end, and nothing has changed since.' },
    ...problemResponses([...RUN_PROBLEMS, 'too_many_streams', 'overloaded']),
  },
};

const CANCEL_RUN: JsonObject = {
  operationId: 'cancelRun',
  summary: 'Cancel a run',
  description: 'Stops the agent. The callback still reports the outcome.',
  tags: ['Runs'],
  security: API_KEY,
  responses: {
    '200': run('The run had already ended; nothing changed.'),
    '202': run('The cancellation was requested.'),
    ...problemResponses([...RUN_PROBLEMS, 'no_worker']),
  },
};

const DELETE_RUN: JsonObject = {
  operationId: 'deleteRun',
  summary: 'Delete a run that has ended',
  description:
    'Deletes the run from Temporal for good: its task, its output and its redeliveries. Temporal does so in the background, within half a minute of the end of the run; until then a read still finds it. A later delivery with the same `Idempotency-Key` is a new run, and the agent is asked again.',
  tags: ['Runs'],
  security: API_KEY,
  responses: {
    '204': { description: 'The run is deleted.' },
    ...problemResponses([...RUN_PROBLEMS, 'run_open']),
  },
};

const ANSWER_RUN: JsonObject = {
  operationId: 'answerRun',
  summary: "Give a person's answer",
  description:
    'Answers a question of a run whose status is `input_required`. The first answer counts: another one is a 409 that says who answered, when and what. The same answer sent again is answered as it was the first time. A worker checks the answer, so that without one it is a 503, and the same answer can be sent again.',
  tags: ['Runs'],
  security: API_KEY,
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schemaRef('InputRequest'), example: EXAMPLES.InputRequest } },
  },
  responses: {
    '200': run('The answer counts. `Idempotent-Replayed: true`: it was given before.'),
    ...problemResponses([...RUN_BODY_PROBLEMS, 'not_asked', 'already_answered', 'worker_unavailable']),
  },
};

const REDELIVER_RUN: JsonObject = {
  operationId: 'redeliverRun',
  summary: 'Send a callback again',
  description:
    'Sends a callback that is dead, is being retried or was delivered: at once, with a fresh retry schedule, to the same address or to another permitted one. One whose first attempt is under way is sent again to another address alone. Body and `webhook-id` stay the same, and the agent is not asked again.',
  tags: ['Runs'],
  security: API_KEY,
  requestBody: {
    required: false,
    content: { 'application/json': { schema: schemaRef('RedeliverRequest'), example: EXAMPLES.RedeliverRequest } },
  },
  responses: {
    '200': run(
      'There is nothing to redeliver: the run has no callback, none has been attempted yet, or the dead letter has expired.',
    ),
    '202': run('The redelivery has started.'),
    ...problemResponses([...RUN_BODY_PROBLEMS, 'callback_url_refused', 'no_worker', 'too_many_redeliveries']),
  },
};
