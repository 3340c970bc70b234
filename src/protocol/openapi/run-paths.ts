import type { ProblemCode } from '../problems.ts';
import { EXAMPLES } from './examples.ts';
import type { JsonObject } from './json.ts';
import { problemResponses } from './problem-responses.ts';
import { listParameters, schemaRef } from './schemas.ts';
import { API_KEY } from './security.ts';

const READ_PROBLEMS: readonly ProblemCode[] = ['api_key_missing', 'api_key_invalid', 'temporal_unavailable'];
const RUN_PROBLEMS: readonly ProblemCode[] = [...READ_PROBLEMS, 'not_found'];

const RUN_ID: JsonObject = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^run-[a-z2-7]{26}$' },
  example: EXAMPLES.Run.id,
};

/** `/v1/runs` and all below it. */
export function runPaths(): JsonObject {
  return {
    '/v1/runs': { get: listRuns() },
    '/v1/runs/{id}': { parameters: [RUN_ID], get: GET_RUN },
    '/v1/runs/{id}/events': { parameters: [RUN_ID], get: FOLLOW_RUN },
    '/v1/runs/{id}/cancel': { parameters: [RUN_ID], post: CANCEL_RUN },
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
    description: `Those under way first, the latest start first; then the others, the latest end first. Follow \`next_cursor\` until it is null; a page may hold fewer runs than \`limit\`.

The list is some tenths of a second behind, and tells less than the run itself: no \`output\`, no progress, and a run under way reads \`running\` although it may be queued still, or just over. What it says of an end is exact.

A page costs Temporal one call of its list, of which a self-hosted server allows 10 a second a namespace, its UI included; and once each, for a run that failed, was canceled or has a late callback, two cheaper ones. So a client may ask twice a second, unless the operator sets it otherwise; to follow one run, use its events or \`wait\`.`,
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
  summary: 'Read a run, or wait for its end',
  description:
    'Read straight from Temporal, whether a worker is up or not: one or two calls. With `wait` it is answered as soon as the run is terminal, or as it stands when the time is up. However many wait for a run or follow it, Temporal sees one long poll.',
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

/** One event; OpenAPI 3.1 has no word for a stream of them. */
const STREAM_EVENT: JsonObject = {
  type: 'object',
  properties: {
    event: { enum: ['run', 'end', 'bye'] },
    id: { type: 'string' },
    data: { type: 'string', contentMediaType: 'application/json' },
    retry: { type: 'integer' },
  },
};

const FOLLOW_RUN: JsonObject = {
  operationId: 'followRun',
  summary: 'Follow a run as server-sent events',
  description: `First the run as it stands, then the run again at each change: its status, the agent's attempts and progress, its callback. A slow reader misses states between, never the last.

- \`event: run\`, \`data\`: the run, \`id\`: a sequence number.
- \`event: end\`, \`data\`: \`{"status", "callback"}\`: the run is terminal and its callback delivered, dead or none. The stream ends. A redelivery after that is seen by a new stream.
- \`event: bye\`: the server stops before that; connect again.
- Comments while nothing happens: every 15 seconds, unless the operator sets it otherwise.

After a reconnect with \`Last-Event-ID\` it begins with the run as it then stands, so that nothing is missed; 204 tells an \`EventSource\` that has seen the end to stay away.

However many follow a run or wait for it, Temporal sees one long poll for it, and a describe every 2 to 10 seconds while it is followed and under way.`,
  tags: ['Runs'],
  security: API_KEY,
  parameters: [
    {
      name: 'Last-Event-ID',
      in: 'header',
      description: 'The id of the last event that was seen. One that this server did not send counts as none.',
      schema: { type: 'string' },
    },
  ],
  responses: {
    '200': {
      description: 'The events, until the end of the run.',
      content: {
        'text/event-stream': {
          schema: STREAM_EVENT,
          example: `id: 1\nevent: run\ndata: {"id":"${EXAMPLES.Run.id}","status":"running", …}\n\nid: 2.end\nevent: end\ndata: {"status":"completed","callback":"delivered"}\n\n`,
        },
      },
    },
    '204': { description: 'You have seen the end, and nothing has happened since.' },
    ...problemResponses([...RUN_PROBLEMS, 'too_many_streams', 'overloaded']),
  },
};

const CANCEL_RUN: JsonObject = {
  operationId: 'cancelRun',
  summary: 'Ask a run to stop',
  description: 'The agent is aborted, and the callback still tells.',
  tags: ['Runs'],
  security: API_KEY,
  responses: {
    '200': run('The run is over already, and as it was.'),
    '202': run('The run was asked to stop.'),
    ...problemResponses(RUN_PROBLEMS),
  },
};

const REDELIVER_RUN: JsonObject = {
  operationId: 'redeliverRun',
  summary: 'Send a callback again',
  description: 'At once, by a schedule that begins anew, to the same address or to another permitted one.',
  tags: ['Runs'],
  security: API_KEY,
  requestBody: {
    required: false,
    content: { 'application/json': { schema: schemaRef('RedeliverRequest'), example: EXAMPLES.RedeliverRequest } },
  },
  responses: {
    '200': run('Nothing is to be redelivered: the callback is not dead and not being retried.'),
    '202': run('The callback is being sent.'),
    ...problemResponses([
      ...RUN_PROBLEMS,
      'malformed_json',
      'body_too_large',
      'unsupported_media_type',
      'invalid_parameter',
      'callback_url_refused',
    ]),
  },
};
