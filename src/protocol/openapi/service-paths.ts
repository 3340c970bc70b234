import { PROBLEMS } from '../problems.ts';
import { headerRefs } from './headers.ts';
import type { JsonObject } from './json.ts';
import { problemResponses } from './problem-responses.ts';
import { OPEN } from './security.ts';

/** Health, and this document. */
export function servicePaths(): JsonObject {
  return {
    '/healthz': {
      get: {
        operationId: 'getHealth',
        summary: 'Whether the process serves',
        tags: ['Service'],
        security: OPEN,
        responses: { '200': status('ok'), ...problemResponses([]) },
      },
    },
    '/readyz': {
      get: {
        operationId: 'getReadiness',
        summary: 'Whether runs can be recorded: Temporal answers',
        tags: ['Service'],
        security: OPEN,
        responses: { '200': READY, ...problemResponses(['temporal_unavailable']) },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        summary: 'This document',
        tags: ['Service'],
        security: OPEN,
        parameters: [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }],
        responses: {
          '200': {
            description: 'OpenAPI 3.1.',
            headers: headerRefs('ETag'),
            content: { 'application/json': { schema: { type: 'object', required: ['openapi', 'info', 'paths'] } } },
          },
          '304': { description: 'You have it.' },
          ...problemResponses([]),
        },
      },
    },
    '/docs': {
      get: {
        operationId: 'getDocs',
        summary: 'This document for people',
        tags: ['Service'],
        security: OPEN,
        responses: {
          '200': { description: 'A page.', content: { 'text/html': { schema: { type: 'string' } } } },
          ...problemResponses([]),
        },
      },
    },
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
      get: {
        operationId: 'getProblem',
        summary: 'What a problem means and how to fix it',
        description: 'The `type` of each problem links here.',
        tags: ['Service'],
        security: OPEN,
        responses: {
          '200': { description: 'A text in Markdown.', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...problemResponses(['not_found']),
        },
      },
    },
  };
}

const READY: JsonObject = {
  description: 'Yes. `agents_at_fault` is there while an agent of this process can not work, whatever the task.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['status'],
        properties: {
          status: { const: 'ready' },
          agents_at_fault: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'code'],
              properties: { name: { type: 'string' }, code: { type: 'string' } },
            },
          },
        },
      },
      examples: {
        ready: { value: { status: 'ready' } },
        agent_at_fault: {
          value: { status: 'ready', agents_at_fault: [{ name: 'garudust', code: 'AgentKeyRefused' }] },
        },
      },
    },
  },
};

function status(value: string): JsonObject {
  return {
    description: 'Yes.',
    content: {
      'application/json': {
        schema: { type: 'object', required: ['status'], properties: { status: { const: value } } },
        example: { status: value },
      },
    },
  };
}
