import { OPEN, problemResponses } from './components.ts';
import { EXAMPLES } from './examples.ts';
import { type JsonObject, schemaRef } from './schemas.ts';

const PROBLEMS = [
  'malformed_json',
  'invalid_parameter',
  'not_found',
  'call_over',
  'body_too_large',
  'unsupported_media_type',
  'request_timeout',
  'temporal_unavailable',
  'temporal_not_set_up',
  'payload_unreadable',
] as const;

const TOKEN: JsonObject = {
  name: 'token',
  in: 'path',
  required: true,
  description: 'The last part of the URL that came with the task. It is the key to this one call.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,2048}\\.[A-Za-z0-9_-]{43}$' },
  example: 'eyJ3b3JrZmxvd0lkIjoicnVuLTR4N3EifQ.q1w2e3r4t5y6u7i8o9p0q1w2e3r4t5y6u7i8o9p0q1w',
};

function taken(description: string): JsonObject {
  return {
    description,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['run_id', 'call', 'taken'],
          properties: {
            run_id: { type: 'string' },
            call: { type: 'integer', minimum: 1 },
            taken: { type: 'boolean' },
          },
        },
        example: { run_id: 'run-4x7qk2m5n6p7r2s3t4u5v6w7x2', call: 1, taken: true },
      },
    },
  };
}

/** `/calls/{token}`, and what is below it. */
export function callPaths(): JsonObject {
  return {
    '/calls/{token}': {
      parameters: [TOKEN],
      post: {
        operationId: 'completeCall',
        summary: 'Answer a task that was handed over',
        description:
          'For agents of the type `callback`: gives the call its answer, once. The URL needs no key and ends with the call. The body is taken as JSON, whatever its content type.',
        tags: ['Runs'],
        security: OPEN,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schemaRef('Completion'), example: EXAMPLES.Completion } },
        },
        responses: {
          '200': taken('The answer was taken.'),
          ...problemResponses(PROBLEMS),
        },
      },
    },
    '/calls/{token}/progress': {
      parameters: [TOKEN],
      post: {
        operationId: 'postProgress',
        summary: 'Tell how far a task is that was handed over',
        description:
          'For agents of the type `callback`, as often as they like, up to 5 times in 5 seconds: run, event stream and Temporal UI show it. `taken` is `false` while no worker waits for the call, which goes on all the same.',
        tags: ['Runs'],
        security: OPEN,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schemaRef('Progress'), example: EXAMPLES.Progress } },
        },
        responses: {
          '200': taken('The progress was shown, or nobody looks at the moment.'),
          ...problemResponses([...PROBLEMS, 'rate_limited']),
        },
      },
    },
  };
}
