import { z } from 'zod';

/** Where a run stands for its caller. Closed: reasons go into `error.code`. */
export const runStatus = z.enum([
  'queued',
  'running',
  'input_required',
  'completed',
  'failed',
  'timed_out',
  'canceled',
]);
export type RunStatus = z.infer<typeof runStatus>;

/** Where its callback stands: a fact of its own. */
export const callbackStatus = z.enum(['none', 'pending', 'retrying', 'delivered', 'dead']);
export type CallbackStatus = z.infer<typeof callbackStatus>;

const timestamp = z.iso.datetime();

/** A run, as `GET /v1/runs/:id` and the 202 show it. */
export const runResource = z.strictObject({
  id: z.string(),
  workflow_id: z.string(),
  status: runStatus,
  /** Whether `status` will never change again. */
  terminal: z.boolean(),
  output: z.string().optional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  agent: z
    .strictObject({
      name: z.string(),
      attempt: z.int().optional(),
      max_attempts: z.int().optional(),
      last_error: z.string().optional(),
      next_attempt_at: timestamp.optional(),
      progress: z.string().optional(),
    })
    .optional(),
  usage: z
    .strictObject({
      input_tokens: z.int().optional(),
      output_tokens: z.int().optional(),
      iterations: z.int().optional(),
    })
    .optional(),
  callback: z.strictObject({
    status: callbackStatus,
    url: z.string().optional(),
    attempts: z.int().optional(),
    last_status_code: z.int().optional(),
    last_error: z.string().optional(),
    next_attempt_at: timestamp.optional(),
    delivered_at: timestamp.optional(),
  }),
  source: z.string().optional(),
  session_key: z.string().optional(),
  user_id: z.string().optional(),
  created_at: timestamp.optional(),
  started_at: timestamp.optional(),
  finished_at: timestamp.optional(),
  links: z.strictObject({ self: z.string(), temporal_ui: z.string().optional() }),
});
export type RunResource = z.infer<typeof runResource>;

/** Whether a status is final. */
export function isTerminal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'timed_out' || status === 'canceled';
}
