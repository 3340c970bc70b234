import type { JsonObject } from './json.ts';

/** `components.headers` of the document: what answers carry. */
export const HEADERS = {
  'X-Request-Id': { description: 'What the server logged the request under.', schema: { type: 'string' } },
  'WWW-Authenticate': { description: 'What would be accepted.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Policy': {
    description:
      'What your client may send: `q` deliveries in `w` seconds, or `q` at once. draft-ietf-httpapi-ratelimit-headers-11.',
    schema: { type: 'string' },
    example: '"rate";q=500;w=1, "in-flight";q=100;qu="concurrent-requests"',
  },
  RateLimit: {
    description: 'What is left of it: `r`, for `t` seconds.',
    schema: { type: 'string' },
    example: '"rate";r=499;t=1, "in-flight";r=99',
  },
  Location: { description: 'Where the run can be read.', schema: { type: 'string' } },
  ETag: { description: 'For `If-None-Match`.', schema: { type: 'string' } },
  'Idempotent-Replayed': {
    description: '`true` where the delivery was recorded before: the run is that of the first one.',
    schema: { type: 'string', const: 'true' },
  },
} as const satisfies JsonObject;

/** References to headers, for the `headers` of an answer. */
export function headerRefs(...names: readonly (keyof typeof HEADERS)[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
