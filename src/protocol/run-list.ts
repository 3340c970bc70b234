import { z } from 'zod';
import type { ProblemField } from './problem-error.ts';
import { callbackStatus, runResource } from './run-resource.ts';
import { callerKey, MAX_METADATA } from './task-request.ts';

const MAX_CURSOR = 4096;
const MAX_FIELD_NAME = 64;
const MAX_ENTRY = 1024;

const time = z.iso.datetime({ offset: true }).max(40);

/** The values of `status` in a list and its filter: Temporal's list can't distinguish queued and running runs. */
export const listedStatus = z.enum([
  'running',
  'paused',
  'input_required',
  'completed',
  'failed',
  'timed_out',
  'canceled',
]);

/** The query of `GET /v1/runs`. */
export const runListQuery = z.strictObject({
  status: listedStatus.optional().describe('The status of the run. `running` includes queued runs.'),
  callback: callbackStatus.optional().describe('The status of its callback. `dead` lists the dead letters.'),
  source: callerKey.optional().describe('The source it came through: `webhook`, or the name of a configured source.'),
  agent: callerKey.optional().describe('The configured agent that runs it.'),
  workflow: callerKey.optional().describe('The workflow that it executes instead of an agent.'),
  session: callerKey.optional().describe('Its session key.'),
  user: callerKey.optional().describe('Its user id.'),
  metadata: z
    .array(
      z
        .string()
        .min(1)
        .max(MAX_ENTRY)
        .regex(/^[^=]+=/),
    )
    .min(1)
    .max(MAX_METADATA)
    .optional()
    .describe('An entry of its metadata, as `name=value`. Repeat it for runs that have each of several.'),
  delivery_id: z
    .string()
    .min(1)
    .max(MAX_ENTRY)
    .optional()
    .describe(
      'Its `delivery_id`: the run of a delivery whose answer was lost. Add `source` for one that is no longer configured.',
    ),
  created_after: time.optional().describe('Created at this time or later: ISO 8601 with a time zone.'),
  created_before: time.optional().describe('Created before this time.'),
  cursor: z
    .string()
    .min(1)
    .max(MAX_CURSOR)
    .regex(/^[\w-]+$/)
    .optional()
    .describe('`next_cursor` of the previous page, with the same filters.'),
  limit: z.int().min(1).max(100).default(20).describe('The most runs that a page holds.'),
});
export type RunListQuery = z.infer<typeof runListQuery>;

/** The filters of a query, without the page. */
export type RunFilter = Omit<RunListQuery, 'cursor' | 'limit'>;

/** The answer of `GET /v1/runs`. */
export const runList = z.strictObject({
  runs: z.array(runResource),
  next_cursor: z
    .string()
    .nullable()
    .describe('The start of the next page; null on the last page. A page may hold fewer runs than `limit`, even none.'),
});
export type RunList = z.infer<typeof runList>;

export type RunListParse = { ok: true; query: RunListQuery } | { ok: false; errors: ProblemField[] };

const NAMES = Object.keys(runListQuery.shape);

const TIME = 'must be a time in ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z';

const MUST: Readonly<Record<string, string>> = {
  metadata: `must be name=value, at most ${MAX_METADATA} times`,
  created_after: TIME,
  created_before: TIME,
  status: `must be one of ${listedStatus.options.join(', ')}: a list can't distinguish queued and running runs`,
  callback: `must be one of ${callbackStatus.options.join(', ')}`,
  cursor: 'must be the next_cursor of the previous page',
  limit: 'must be a whole number from 1 to 100',
};

/**
 * Reads the query of a list.
 *
 * @param query decoded parameters; one that was given twice is a list
 * @returns the query with its defaults, or every parameter that is unknown, repeated or wrong
 */
export function parseRunListQuery(query: Readonly<Record<string, string | string[] | undefined>>): RunListParse {
  const { limit, metadata } = query;
  const number = typeof limit === 'string' && /^[1-9]\d{0,2}$/.test(limit) ? Number(limit) : limit;
  const parsed = runListQuery.safeParse({
    ...query,
    ...(limit !== undefined && { limit: number }),
    ...(typeof metadata === 'string' && { metadata: [metadata] }),
  });
  if (parsed.success) return { ok: true, query: parsed.data };
  const errors = parsed.error.issues.flatMap((issue): ProblemField[] => {
    if (issue.code === 'unrecognized_keys') {
      const message = `is not a known parameter: the parameters are ${NAMES.join(', ')}`;
      return issue.keys.map((name) => ({ field: name.slice(0, MAX_FIELD_NAME), message }));
    }
    const field = String(issue.path[0]);
    const repeated = field !== 'metadata' && Array.isArray(query[field]);
    return [{ field, message: repeated ? 'is repeated: send it once' : (MUST[field] ?? issue.message) }];
  });
  return { ok: false, errors };
}
