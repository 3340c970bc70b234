import { API_KEY, problemResponses } from './components.ts';
import { EXAMPLES } from './examples.ts';
import { type JsonObject, schemaRef } from './schemas.ts';

const PROBLEMS = problemResponses([
  'api_key_missing',
  'api_key_invalid',
  'not_found',
  'rate_limited',
  'overloaded',
  'temporal_unavailable',
  'temporal_not_set_up',
  'payload_unreadable',
]);

const KEY: JsonObject = {
  name: 'key',
  in: 'path',
  required: true,
  description: 'The session key, percent-encoded.',
  schema: { type: 'string', minLength: 1, maxLength: 512 },
  example: EXAMPLES.Session.key,
};

/** `/v1/sessions/{key}`. */
export function sessionPaths(): JsonObject {
  return {
    '/v1/sessions/{key}': {
      parameters: [KEY],
      get: {
        operationId: 'getSession',
        summary: 'Get a session',
        description:
          'Shows whose turn it is, what waits, and the last runs of a session key. It counts as a list of runs, and a session at work is asked through a worker: without one, the response is `503`.',
        tags: ['Runs'],
        security: API_KEY,
        responses: { '200': session('The session.'), ...PROBLEMS },
      },
      delete: {
        operationId: 'emptySession',
        summary: 'Empty a session',
        description:
          'Cancels the runs that wait, and forgets the turns that an agent without a memory is told. The current run goes on; cancel it by its id.',
        tags: ['Runs'],
        security: API_KEY,
        responses: { '200': session('The session; the runs that waited are being canceled.'), ...PROBLEMS },
      },
    },
  };
}

function session(description: string): JsonObject {
  return { description, content: { 'application/json': { schema: schemaRef('Session'), example: EXAMPLES.Session } } };
}
