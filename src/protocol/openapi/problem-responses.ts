import { type ProblemCode, problemRetryAfter, PROBLEMS, toProblem } from '../problems.ts';
import { headerRefs } from './headers.ts';
import type { JsonObject } from './json.ts';
import { schemaRef } from './schemas.ts';

/** What can go wrong with each request before a route looks at it. */
const ALWAYS: readonly ProblemCode[] = ['malformed_request', 'request_timeout', 'headers_too_large', 'internal_error'];

/** The error answers of an operation by status, each with its codes and an example of each. */
export function problemResponses(codes: readonly ProblemCode[]): JsonObject {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...codes, ...ALWAYS]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const statuses = [...byStatus].toSorted(([one], [other]) => one - other);
  return Object.fromEntries(statuses.map(([status, all]) => [String(status), toResponse(status, all)]));
}

function toResponse(status: number, codes: readonly ProblemCode[]): JsonObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
    headers: toHeaders(status, codes),
    content: {
      'application/problem+json': {
        schema: { allOf: [schemaRef('Problem'), { properties: { code: { enum: [...codes] } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** `components.examples` of the document: each problem once. */
export function problemExamples(): JsonObject {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return Object.fromEntries(codes.map((code) => [code, { value: toExample(code) }]));
}

function toHeaders(status: number, codes: readonly ProblemCode[]): JsonObject {
  return {
    ...headerRefs('X-Request-Id'),
    ...(status === 401 && headerRefs('WWW-Authenticate')),
    ...(status === 429 && headerRefs('RateLimit-Policy', 'RateLimit')),
    ...(codes.some((code) => problemRetryAfter(code) !== undefined) && headerRefs('Retry-After')),
  };
}

function toExample(code: ProblemCode): JsonObject {
  const { meaning, fix } = PROBLEMS[code];
  const { type, title, status, detail } = toProblem(code, `${meaning} ${fix}`.replaceAll('`', ''));
  const errors = EXAMPLE_ERRORS[code];
  const request_id = '0e2c9f3a-7d4b-4a56-8b0e-5a3f7b1c9d10';
  return { type, title, status, code, detail, request_id, ...(errors && { errors: [errors] }) };
}

const EXAMPLE_ERRORS: Readonly<Partial<Record<ProblemCode, JsonObject>>> = {
  invalid_task: { field: 'text', message: 'is missing' },
  invalid_parameter: { field: 'limit', message: 'must be a whole number from 1 to 100' },
  invalid_idempotency_key: { field: 'Idempotency-Key', message: 'is there more than once: send it once' },
  callback_url_refused: { field: 'callback_url', message: 'must be an https address' },
};
