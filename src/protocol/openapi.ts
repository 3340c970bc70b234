import { HEADERS } from './openapi/headers.ts';
import type { JsonObject } from './openapi/json.ts';
import { problemExamples } from './openapi/problem-responses.ts';
import { runPaths } from './openapi/run-paths.ts';
import { componentSchemas } from './openapi/schemas.ts';
import { SECURITY_SCHEMES } from './openapi/security.ts';
import { servicePaths } from './openapi/service-paths.ts';
import { taskPaths } from './openapi/task-paths.ts';

/** Of the API, not of the program: a new major version only when a caller would break. */
const API_VERSION = '1.0.0';

const DESCRIPTION = `Durable agent runs from webhooks. Send a signed task; it is answered with a run once it is recorded in Temporal. Poll the run, follow its events, or have the outcome posted to a callback address.

A run's \`status\` is where the agent stands: \`queued\`, \`running\`, \`input_required\`, \`completed\`, \`failed\`, \`timed_out\` or \`canceled\`. Where its callback stands is a fact of its own: a run reads \`completed\`, with its output, while its callback is still retried.

Errors are RFC 9457 problem details with a stable \`code\`.`;

/**
 * The OpenAPI 3.1 document of the ingress.
 *
 * @param options.endpointPath the second path for tasks, such as `/invoke`
 */
export function buildOpenApi({ endpointPath }: { readonly endpointPath: string }): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'garudust-temporal',
      version: API_VERSION,
      summary: 'The Garudust webhook protocol on Temporal',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Tasks', description: 'Verified by signature over the raw body.' },
      { name: 'Runs', description: "Of the API key's own client; all others answer one and the same 404." },
      { name: 'Service', description: 'For everybody.' },
    ],
    paths: { ...taskPaths(endpointPath), ...runPaths(), ...servicePaths() },
    components: {
      schemas: componentSchemas(),
      examples: problemExamples(),
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}
