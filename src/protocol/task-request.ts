import { z } from 'zod';
import type { ProblemField } from './problem-error.ts';
import { readStartDelay, START_TIME } from './start-time.ts';
import { isRecord } from '../values/is-record.ts';
import { KEY_RULES } from '../values/key-rules.ts';

const MAX_KEY = 512;
const MAX_URL = 8192;
const MAX_SHOWN_INPUT = 1000;

// UTF-8 cannot encode half a surrogate pair, so neither agents nor receivers could read it.
const unicode = z
  .string()
  .refine((value) => value.isWellFormed(), 'contains half of a surrogate pair: send whole characters');
const instruction = unicode.regex(/\S/, 'is empty: say what the agent should do');
const url = z.string().max(MAX_URL, `is longer than ${MAX_URL} characters`);

/** What a caller calls something, for people to read. */
const callerName = unicode
  .min(1, 'is empty: omit it instead')
  .max(MAX_KEY, `is longer than ${MAX_KEY} characters`)
  .regex(/^$|\S/, 'is blank: omit it instead')
  .regex(KEY_RULES.control.pattern, `${KEY_RULES.control.fault}: send plain text`);

/** What a caller calls something of its own that is compared: a user, a session. */
export const callerKey = callerName.regex(KEY_RULES.edges.pattern, `${KEY_RULES.edges.fault}: remove it`);

/** Most entries of `metadata`. */
export const MAX_METADATA = 16;
const MAX_METADATA_VALUE = 200;

const metadataName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'must be 1 to 40 of A to Z, a to z, 0 to 9, ".", "_" and "-"');
const metadataValue = callerKey.max(MAX_METADATA_VALUE, `is longer than ${MAX_METADATA_VALUE} characters`);

/** Short strings of the caller, by name. */
const metadata = z
  .record(metadataName, metadataValue)
  .refine((entries) => Object.keys(entries).length <= MAX_METADATA, `has more than ${MAX_METADATA} entries`)
  .meta({ maxProperties: MAX_METADATA });

const CALLBACK_HELP = 'Where the signed outcome is posted. Without it, poll the run.';
const SESSION_HELP = 'The conversation that the task belongs to. Without it, the run has a conversation of its own.';

/** The fields that both vocabularies have. */
const SHARED = {
  ...START_TIME,
  agent: callerKey
    .optional()
    .describe('The agent that runs the task, one of those that your client may use. Without it, the default one.'),
  workflow: callerKey
    .optional()
    .describe('A workflow of the operator that runs instead of an agent, one of those that your client may use.'),
  input: z
    .unknown()
    .optional()
    .describe(
      'What the workflow is given: any JSON, checked by its schema. `text` may then be absent. Without it, the workflow is given the text.',
    ),
  metadata: metadata
    .optional()
    .describe(
      `Up to ${MAX_METADATA} short strings, which the run, the list and the callback show and the list filters by. They stay readable in Temporal: no secrets.`,
    ),
};

/** The body of `POST /webhook`, as Garudust takes it. */
export const garudustTask = z.strictObject({
  text: instruction.describe('What the agent should do.'),
  callback_url: url.optional().describe(CALLBACK_HELP),
  user_id: callerKey
    .optional()
    .describe('The user on whose behalf the task runs; shown in the list of runs and the Temporal UI.'),
  user_name: callerName.optional().describe("The user's name, for people to read."),
  session_key: callerKey.optional().describe(SESSION_HELP),
  ...SHARED,
});

/** The body of `POST /invoke`: the same task in the words of "Event-Driven Agent Orchestration". */
export const invokeTask = z.strictObject({
  directive: instruction.describe('What the agent should do.'),
  response_uri: url.optional().describe(CALLBACK_HELP),
  principal: callerKey.optional().describe('The user on whose behalf the task runs.'),
  conversation_anchor: callerKey.optional().describe(SESSION_HELP),
  ...SHARED,
});

/** A task, from either vocabulary. */
export interface TaskRequest {
  readonly text: string;
  readonly callbackUrl?: string;
  readonly userId?: string;
  readonly userName?: string;
  readonly sessionKey?: string;
  readonly agent?: string;
  readonly workflow?: string;
  /** Any JSON but undefined. */
  readonly input?: unknown;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds until the run starts. Absent: at once. */
  readonly startDelayMs?: number;
}

/** The caller's names for the fields that are checked once the task is read. */
export interface TaskFields {
  readonly url: string;
  readonly user: string;
}

export type TaskParse = { ok: true; task: TaskRequest; fields: TaskFields } | { ok: false; errors: ProblemField[] };

const INVOKE_FIELDS: readonly string[] = Object.keys(invokeTask.shape);
const GARUDUST_FIELDS: readonly string[] = Object.keys(garudustTask.shape);
const SHARED_FIELDS: readonly string[] = Object.keys(SHARED);

/**
 * Reads a task in either vocabulary, on either path.
 *
 * @param body parsed JSON, of any shape
 * @returns the task, or every field that is wrong: unknown, missing, of the wrong type, or of the other vocabulary
 */
export function parseTaskRequest(body: unknown): TaskParse {
  if (!isRecord(body)) {
    return { ok: false, errors: [{ field: '', message: 'the body is not a JSON object: send {"text": "…"}' }] };
  }
  if ('delay' in body && 'at' in body) {
    return { ok: false, errors: [{ field: 'at', message: 'cannot be combined with delay: send one of them' }] };
  }
  if ('agent' in body && 'workflow' in body) {
    const message = 'cannot be combined with agent: a run is a call of an agent, or a workflow';
    return { ok: false, errors: [{ field: 'workflow', message }] };
  }
  const own = Object.keys(body).filter((name) => !SHARED_FIELDS.includes(name));
  const invoke = own.filter((name) => INVOKE_FIELDS.includes(name));
  const native = own.filter((name) => GARUDUST_FIELDS.includes(name));
  if (invoke.length > 0 && native.length > 0) {
    const errors = invoke.map((field) => ({
      field,
      message: `cannot be combined with ${native.join(', ')}: use one vocabulary, either text, callback_url … or directive, response_uri …`,
    }));
    return { ok: false, errors };
  }
  return invoke.length > 0 ? parseInvoke(withText(body, 'directive')) : parseGarudust(withText(body, 'text'));
}

/** A task of which only the input is sent is shown by how that begins. */
function withText(body: Readonly<Record<string, unknown>>, field: string): object {
  const { input } = body;
  if (input === undefined || body[field] !== undefined) return body;
  return { ...body, [field]: JSON.stringify(input).slice(0, MAX_SHOWN_INPUT).toWellFormed() };
}

function parseGarudust(body: object): TaskParse {
  const parsed = garudustTask.safeParse(body, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: toFields(parsed.error, GARUDUST_FIELDS) };
  const { text, callback_url, user_id, user_name, session_key, ...shared } = parsed.data;
  const task = {
    text,
    ...(callback_url !== undefined && { callbackUrl: callback_url }),
    ...(user_id !== undefined && { userId: user_id }),
    ...(user_name !== undefined && { userName: user_name }),
    ...(session_key !== undefined && { sessionKey: session_key }),
    ...toShared(shared),
  };
  return { ok: true, task, fields: { url: 'callback_url', user: 'user_id' } };
}

function parseInvoke(body: object): TaskParse {
  const parsed = invokeTask.safeParse(body, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: toFields(parsed.error, INVOKE_FIELDS) };
  const { directive, response_uri, principal, conversation_anchor, ...shared } = parsed.data;
  const task = {
    text: directive,
    ...(response_uri !== undefined && { callbackUrl: response_uri }),
    ...(principal !== undefined && { userId: principal }),
    ...(conversation_anchor !== undefined && { sessionKey: conversation_anchor }),
    ...toShared(shared),
  };
  return { ok: true, task, fields: { url: 'response_uri', user: 'principal' } };
}

function toShared({
  agent,
  workflow,
  input,
  metadata: entries,
  ...start
}: Pick<z.infer<typeof garudustTask>, keyof typeof SHARED>) {
  const startDelayMs = readStartDelay(start);
  return {
    ...(agent !== undefined && { agent }),
    ...(workflow !== undefined && { workflow }),
    ...(input !== undefined && { input }),
    ...(entries !== undefined && { metadata: entries }),
    ...(startDelayMs !== undefined && { startDelayMs }),
  };
}

/** One entry per wrong field, although zod reports several unknown fields as one issue. */
function toFields(error: z.ZodError, known: readonly string[]): ProblemField[] {
  return error.issues.flatMap((issue): ProblemField[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((field) => ({
        field,
        message: `is not a known field: the fields are ${known.join(', ')}`,
      }));
    }
    const field = issue.path.join('.');
    if (issue.code === 'invalid_type') {
      const expected = issue.expected === 'record' ? 'an object' : `a ${issue.expected}`;
      return [{ field, message: issue.input === undefined ? 'is missing' : `must be ${expected}` }];
    }
    // A name of `metadata`: what is wrong with it stands one level below.
    if (issue.code === 'invalid_key') return [{ field, message: issue.issues[0]?.message ?? issue.message }];
    return [{ field, message: issue.message }];
  });
}
