import { z } from 'zod';
import { questionResource } from './question-resource.ts';
import { wireUsage } from './wire-usage.ts';

/** The status of a run for its caller. A closed set: reasons go into `error.code`. */
export const runStatus = z
  .enum(['queued', 'running', 'paused', 'input_required', 'completed', 'failed', 'timed_out', 'canceled'])
  .describe('The status of a run. `error.code` gives the reason.');
export type RunStatus = z.infer<typeof runStatus>;

/** The status of its callback, separate from that of the run. */
export const callbackStatus = z
  .enum(['none', 'pending', 'retrying', 'delivered', 'dead'])
  .describe(
    'The status of a callback. `none`: the task named no address. `dead`: every attempt failed; it can be redelivered.',
  );
export type CallbackStatus = z.infer<typeof callbackStatus>;

const timestamp = z.iso.datetime();

/** One step of a workflow. */
const step = z.strictObject({
  id: z.string().describe('As the workflow names it.'),
  status: z.enum(['queued', 'running', 'paused', 'completed', 'failed', 'timed_out', 'canceled']),
  agent: z.string().optional().describe('The agent that it asks; absent where it is none of an agent.'),
  attempt: z.int().optional(),
  started_at: timestamp.optional().describe('When its last attempt started.'),
  finished_at: timestamp.optional(),
  output: z.string().optional().describe("The agent's answer, of which 10,000 characters are shown."),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional().describe('Why there is no answer.'),
});
export type StepStatus = z.infer<typeof step>['status'];

/** A piece of an answer that is being written. */
export const partialText = z.strictObject({
  offset: z.int().describe('Where `text` begins in the answer, in UTF-16 units.'),
  text: z.string(),
});
export type PartialText = z.infer<typeof partialText>;

/** A run, as `GET /v1/runs/:id` and the 202 show it. */
export const runResource = z.strictObject({
  id: z.string().describe('The run id: `run-` and 26 characters of a to z and 2 to 7.'),
  workflow_id: z.string().describe('The same as `id`: what the Temporal UI and CLI call it.'),
  summary: z.string().optional().describe('The task in one line: its first, at most 90 characters.'),
  status: runStatus,
  position: z
    .int()
    .optional()
    .describe(
      'Which of the runs that wait for their turn in the session it is, from 1. Absent where that is not known.',
    ),
  terminal: z.boolean().describe('Whether `status` is final. The callback may still be pending.'),
  output: z.string().optional().describe("The agent's answer, once there is one; omitted in lists."),
  data: z.unknown().optional().describe('What the agent answers beside the text: any JSON; omitted in lists.'),
  error: z
    .strictObject({
      code: z.string().describe('One of the codes on the page of problems.'),
      message: z.string().describe('One sentence for people.'),
    })
    .optional()
    .describe('Why there is no answer.'),
  agent: z
    .strictObject({
      name: z.string(),
      attempt: z.int().optional().describe('The number of this call of the agent.'),
      max_attempts: z.int().optional(),
      last_error: z.string().optional().describe('Why the previous attempt failed.'),
      next_attempt_at: timestamp.optional(),
      progress: z.string().optional().describe('What the agent is doing.'),
      text: partialText
        .optional()
        .describe('The end of the answer as far as it is written, while the agent works; of an agent that streams.'),
    })
    .optional(),
  workflow: z.string().optional().describe('The workflow that the run executes, where it is not a call of one agent.'),
  steps: z
    .array(step)
    .optional()
    .describe('The latest 100 steps of the workflow, in the order in which they were scheduled; omitted in lists.'),
  usage: wireUsage.optional().describe('What the run cost, as far as the agent reports it.'),
  agent_session: z.string().optional().describe("The agent's own name of its session."),
  questions: z
    .array(questionResource)
    .optional()
    .describe('What the run asks or has asked a person, the last 20, the oldest first; absent where it asked nothing.'),
  callback: z.strictObject({
    status: callbackStatus,
    url: z.string().optional().describe('Without its query string, which may hold a key: `?…` stands for one.'),
    attempts: z.int().optional(),
    last_status_code: z.int().optional(),
    last_error: z.string().optional(),
    next_attempt_at: timestamp.optional(),
    delivered_at: timestamp.optional(),
  }),
  source: z.string().optional().describe('The source that the task came through.'),
  session_key: z.string().optional(),
  collected_into: z
    .string()
    .optional()
    .describe(
      'The run whose call of the agent answers this one too, with the session policy `collect`. `usage` is there.',
    ),
  user_id: z.string().optional(),
  delivery_id: z
    .string()
    .optional()
    .describe("The sender's id of the delivery, such as its `Idempotency-Key`; absent where it gave none."),
  metadata: z
    .record(z.string(), z.string())
    .optional()
    .describe('What the caller, or the source, added to the task; absent where that is nothing.'),
  created_at: timestamp.optional(),
  starts_at: timestamp.optional().describe('When the run was asked to start, with `delay` or `at`.'),
  started_at: timestamp.optional().describe('When the last attempt of the agent started.'),
  finished_at: timestamp.optional().describe('When the agent answered or gave up.'),
  links: z.strictObject({
    self: z.string().describe('This run: a path, or a whole URL where the operator has set one.'),
    temporal_ui: z.string().optional().describe('The run in the Temporal UI.'),
  }),
});
export type RunResource = z.infer<typeof runResource>;

/** Whether a status is final. */
export function isTerminal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'timed_out' || status === 'canceled';
}
