import { z } from 'zod';
import { callbackBody } from '../callback-body.ts';
import { questionBody } from '../question-body.ts';
import { inputRequest } from '../input-request.ts';
import { PROBLEMS } from '../problems.ts';
import { completionRequest } from '../completion-request.ts';
import { progressRequest } from '../progress-request.ts';
import { redeliverRequest } from '../redeliver-request.ts';
import { runList, runListQuery } from '../run-list.ts';
import { callbackStatus, partialText, runResource, runStatus } from '../run-resource.ts';
import { sessionResource } from '../session-resource.ts';
import { garudustTask, invokeTask } from '../task-request.ts';

/** A JSON object of the document. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What the document is made of. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** RFC 9457 problem details, as `toProblem` makes them. */
const problem = z.object({
  type: z.string().describe('`/problems/` and the code.'),
  title: z.string(),
  status: z.int(),
  // Not an enum: a generated client would refuse each code that a newer server adds.
  code: z.string().describe(
    `Stable, unlike the wording. Each response lists the codes that it may have; more may be added. One of ${Object.keys(
      PROBLEMS,
    )
      .map((code) => `\`${code}\``)
      .join(', ')}.`,
  ),
  detail: z.string().describe('What was wrong with which value, and how to fix it.'),
  request_id: z.string().optional().describe("The request's id in the server's log."),
  errors: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .optional()
    .describe('Each wrong field or parameter.'),
});

const eventAnswer = z.object({
  ignored: z
    .string()
    .optional()
    .describe("Why the event started nothing; absent in the answer to a sender's handshake."),
});
const streamEnd = z.object({ status: runStatus, callback: callbackStatus });
/** OpenAPI 3.1 has no word for a stream; this is what a client has of one of its events once it has split the text. */
const streamEvent = z.object({
  event: z.enum(['run', 'text', 'end', 'bye']),
  id: z.string().optional().describe('For `Last-Event-ID`; a `text` and a `bye` have none.'),
  data: z
    .string()
    .describe(
      'JSON: a `Run` with `run`, a `PartialText` with `text`, a `StreamEnd` with `end`, an empty object with `bye`.',
    )
    .meta({
      contentMediaType: 'application/json',
      contentSchema: {
        anyOf: [
          { $ref: refOf('Run') },
          { $ref: refOf('PartialText') },
          { $ref: refOf('StreamEnd') },
          { type: 'object', maxProperties: 0 },
        ],
      },
    }),
});

/** Bodies that callers send: unknown fields are refused. */
const SENT = {
  Task: garudustTask,
  InvokeTask: invokeTask,
  RedeliverRequest: redeliverRequest,
  InputRequest: inputRequest,
  Completion: completionRequest,
  Progress: progressRequest,
};
/** Bodies that callers get: fields may be added at any time. */
const ANSWERED = {
  RunStatus: runStatus,
  CallbackStatus: callbackStatus,
  Run: runResource,
  PartialText: partialText,
  RunList: runList,
  Session: sessionResource,
  CallbackBody: callbackBody,
  QuestionBody: questionBody,
  Problem: problem,
  EventAnswer: eventAnswer,
  StreamEvent: streamEvent,
  StreamEnd: streamEnd,
};

export type SchemaName = keyof typeof SENT | keyof typeof ANSWERED;

/** `components.schemas` of the document, JSON Schema 2020-12. */
export function componentSchemas(): JsonObject {
  return { ...toComponents(SENT, 'sent'), ...toComponents(ANSWERED, 'answered') };
}

/** A reference to a component. */
export function schemaRef(name: SchemaName): JsonObject {
  return { $ref: refOf(name) };
}

/** The parameters of `GET /v1/runs`. */
export function listParameters(): JsonObject[] {
  const { properties = {} } = toJson(z.toJSONSchema(runListQuery, { io: 'input', override: tidy('sent') })) as {
    properties?: Record<string, JsonObject>;
  };
  return Object.entries(properties).map(([name, { description = '', ...schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
  }));
}

function toComponents(schemas: Readonly<Record<string, z.ZodType>>, direction: Direction): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { uri: refOf, io: 'input', override: tidy(direction) });
  const entries = Object.entries(made.schemas).map(([id, schema]): [string, JsonObject] => {
    const { $schema: _, $id: __, ...rest } = schema;
    return [id, toJson(rest)];
  });
  return Object.fromEntries(entries);
}

type Direction = 'sent' | 'answered';
type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/** Removes what only makes a schema long and, for responses, what would forbid new fields. */
function tidy(direction: Direction): Override {
  return ({ jsonSchema }) => {
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
      delete jsonSchema.maximum;
      jsonSchema.minimum = 0;
    }
    if (direction === 'answered') delete jsonSchema.additionalProperties;
    // A task for a workflow may have an input alone, and no other task has one.
    const { properties, required } = jsonSchema;
    if (direction === 'sent' && properties !== undefined && 'input' in properties && required !== undefined) {
      delete jsonSchema.required;
      // Not `anyOf`, of which generators of clients make types without fields.
      Object.assign(jsonSchema, { if: { required: ['input'] }, else: { required } });
      jsonSchema['dependentRequired'] = { input: ['workflow'] };
    }
  };
}

function refOf(name: string): string {
  return `#/components/schemas/${name}`;
}

/** A JSON Schema of zod is JSON, although its type allows more. */
function toJson(schema: unknown): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}
