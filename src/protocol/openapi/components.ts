import { toProblem } from '../problem-error.ts';
import { type ProblemCode, problemRetryAfter, PROBLEMS } from '../problems.ts';
import { type JsonObject, schemaRef } from './schemas.ts';

const text = { type: 'string' } as const;

/** `components.headers` of the document: headers of responses. */
export const HEADERS = {
  'X-Request-Id': { description: "The request's id in the server's log.", schema: text },
  'WWW-Authenticate': { description: 'The credentials that the server accepts.', schema: text },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Policy': {
    description:
      "Your client's limits: `q` deliveries in `w` seconds, or `q` at once. draft-ietf-httpapi-ratelimit-headers-11.",
    schema: text,
    example: '"rate";q=500;w=1, "in-flight";q=100;qu="concurrent-requests"',
  },
  RateLimit: {
    description: 'What remains of the limits: `r`, for `t` seconds.',
    schema: text,
    example: '"rate";r=499;t=1, "in-flight";r=99',
  },
  'Preference-Applied': {
    description: 'The seconds that the server was ready to wait, after `Prefer: wait`.',
    schema: text,
    example: 'wait=30',
  },
  Location: { description: 'The address of the run: a path, or a whole URL where `public_url` is set.', schema: text },
  ETag: { description: 'For `If-None-Match`.', schema: text },
  'Idempotent-Replayed': {
    description: '`true` when this delivery was recorded before: the response shows the run of the first delivery.',
    schema: { type: 'string', const: 'true' },
  },
} as const satisfies JsonObject;

/** References to headers, for the `headers` of a response. */
export function headerRefs(...names: readonly (keyof typeof HEADERS)[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Either signature is enough; where both are sent, both must verify. */
export const SIGNED: readonly JsonObject[] = [
  { hubSignature: [] },
  { webhookId: [], webhookTimestamp: [], webhookSignature: [] },
];
/** An API key of the client. */
export const API_KEY: readonly JsonObject[] = [{ apiKey: [] }];
/** Public. */
export const OPEN: readonly JsonObject[] = [];

const header = (name: string, description: string): JsonObject => ({ type: 'apiKey', in: 'header', name, description });

/** `components.securitySchemes` of the document. */
export const SECURITY_SCHEMES: JsonObject = {
  hubSignature: header(
    'X-Hub-Signature-256',
    "`sha256=` and the HMAC-SHA256 of the raw body in hex, with the client's secret, as Garudust and GitHub sign.",
  ),
  webhookId: header('webhook-id', 'Standard Webhooks: the id of the delivery. It is also the idempotency key.'),
  webhookTimestamp: header('webhook-timestamp', 'Standard Webhooks: seconds since the epoch, at most 5 minutes off.'),
  webhookSignature: header(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. The key of a `whsec_…` secret is its base64-decoded rest; the key of any other secret is its UTF-8 bytes.',
  ),
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of the client that owns the runs.' },
};

/** What can go wrong with each request before it reaches a route. */
const ALWAYS: readonly ProblemCode[] = ['malformed_request', 'request_timeout', 'headers_too_large', 'internal_error'];

/** The error responses of an operation by status, each with its codes and an example of each. */
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
    headers: {
      ...headerRefs('X-Request-Id'),
      ...(status === 401 && headerRefs('WWW-Authenticate')),
      ...(status === 429 && headerRefs('RateLimit-Policy', 'RateLimit')),
      ...(codes.some((code) => problemRetryAfter(code) !== undefined) && headerRefs('Retry-After')),
    },
    content: {
      'application/problem+json': {
        schema: schemaRef('Problem'),
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
  invalid_idempotency_key: { field: 'Idempotency-Key', message: 'is repeated: send it once' },
  callback_url_refused: { field: 'callback_url', message: 'must be an https address' },
};
