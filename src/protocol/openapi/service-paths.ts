import { PROBLEMS } from '../problems.ts';
import { headerRefs, OPEN, problemResponses } from './components.ts';
import type { JsonObject } from './schemas.ts';

/** Health, and this document. */
export function servicePaths(): JsonObject {
  return {
    '/healthz': get('getHealth', 'Check that the process serves', {
      '200': yes('The process serves.', statusSchema('ok'), { example: { status: 'ok' } }),
      ...problemResponses([]),
    }),
    '/readyz': get('getReadiness', 'Check that runs can be recorded', {
      '200': READY,
      ...problemResponses(['temporal_unavailable', 'temporal_not_set_up']),
    }),
    '/openapi.json': get(
      'getOpenApi',
      'Get this document',
      {
        '200': {
          ...yes('OpenAPI 3.1.', { type: 'object', required: ['openapi', 'info', 'paths'] }),
          headers: headerRefs('ETag'),
        },
        '304': { description: 'The document has not changed.' },
        ...problemResponses([]),
      },
      [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }],
    ),
    '/docs': get('getDocs', 'Read this document as a page', {
      '200': { description: 'A page.', content: { 'text/html': { schema: { type: 'string' } } } },
      ...problemResponses([]),
    }),
    '/problems/{code}': {
      parameters: [
        {
          name: 'code',
          in: 'path',
          required: true,
          description: 'The `code` of a problem.',
          schema: { type: 'string', enum: Object.keys(PROBLEMS) },
          example: 'signature_missing',
        },
      ],
      ...get('getProblem', 'Read what a problem means and how to fix it', {
        '200': {
          description: 'A text in Markdown, or a page for a browser.',
          content: { 'text/plain': { schema: { type: 'string' } }, 'text/html': { schema: { type: 'string' } } },
        },
        ...problemResponses(['not_found']),
      }),
    },
  };
}

function get(operationId: string, summary: string, responses: JsonObject, parameters?: JsonObject[]): JsonObject {
  return {
    get: { operationId, summary, tags: ['Service'], security: OPEN, ...(parameters && { parameters }), responses },
  };
}

function yes(description: string, schema: JsonObject, examples: JsonObject = {}): JsonObject {
  return { description, content: { 'application/json': { schema, ...examples } } };
}

function statusSchema(value: string, properties: JsonObject = {}): JsonObject {
  return { type: 'object', required: ['status'], properties: { status: { const: value }, ...properties } };
}

const READY: JsonObject = yes('Temporal answers and is set up: runs can be recorded.', statusSchema('ready'));
