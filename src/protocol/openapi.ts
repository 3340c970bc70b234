import { HEADERS, problemExamples, SECURITY_SCHEMES } from './openapi/components.ts';
import { runPaths } from './openapi/run-paths.ts';
import { componentSchemas, type JsonObject } from './openapi/schemas.ts';
import { answerPaths } from './openapi/answer-paths.ts';
import { callPaths } from './openapi/call-paths.ts';
import { sessionPaths } from './openapi/session-paths.ts';
import { servicePaths } from './openapi/service-paths.ts';
import { taskPaths } from './openapi/task-paths.ts';

/** The version of the API, not of the program: a new major version only for a breaking change. */
const API_VERSION = '1.0.0';

const DESCRIPTION = `Durable agent runs from webhooks. Send a task, signed or with an API key; the response shows its run once Temporal has recorded it. Poll the run, follow its events, or receive the outcome at a callback address.

A run's \`status\` is the state of the agent: \`queued\`, \`running\`, \`paused\` (by an operator, in Temporal), \`input_required\`, \`completed\`, \`failed\`, \`timed_out\` or \`canceled\`. The state of its callback is separate: a run reads \`completed\`, with its output, while its callback is still retried.

Errors are RFC 9457 problem details with a stable \`code\`.`;

/**
 * The OpenAPI 3.1 document of the ingress.
 *
 * @param options.endpointPath the second path for tasks, such as `/invoke`
 * @param options.publicUrl where callers reach the API. Default: the host that served the document
 */
export function buildOpenApi({
  endpointPath,
  publicUrl = '/',
}: {
  readonly endpointPath: string;
  readonly publicUrl?: string;
}): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'garudust-temporal',
      version: API_VERSION,
      summary: 'The Garudust webhook protocol on Temporal',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl }],
    tags: [
      { name: 'Tasks', description: 'Verified by a signature over the raw body.' },
      { name: 'Runs', description: "Runs of the API key's client. Requests for other runs get the same 404." },
      { name: 'Service', description: 'Public.' },
    ],
    paths: {
      ...taskPaths(endpointPath),
      ...runPaths(),
      ...sessionPaths(),
      ...callPaths(),
      ...answerPaths(),
      ...servicePaths(),
    },
    components: {
      schemas: componentSchemas(),
      examples: problemExamples(),
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}
