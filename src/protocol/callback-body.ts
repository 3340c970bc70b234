import { z } from 'zod';
import type { RunOutcome } from '../contract/run.ts';
import { runResource } from './run-resource.ts';
import { toWireUsage, wireUsage } from './wire-usage.ts';

/** The body that a callback receiver gets. A receiver written for Garudust reads only `text`. */
export const callbackBody = z.strictObject({
  text: z.string(),
  run_id: z.string(),
  status: z.enum(['completed', 'failed', 'timed_out', 'canceled']),
  error: runResource.shape.error.unwrap().nullable(),
  session_key: z.string().nullable(),
  usage: wireUsage.nullable(),
  finished_at: z.iso.datetime(),
  summary: runResource.shape.summary,
  metadata: runResource.shape.metadata,
  data: runResource.shape.data,
  agent_session: runResource.shape.agent_session,
  collected_into: runResource.shape.collected_into,
});
export type CallbackBody = z.infer<typeof callbackBody>;

/**
 * The body for an outcome. For a failure, `text` is `Error: …`, as in Garudust.
 *
 * The order of the keys is fixed, so that the bytes are the same on every attempt.
 */
export function toCallbackBody(runId: string, outcome: RunOutcome): CallbackBody {
  return {
    text:
      outcome.status === 'completed' ? (outcome.output ?? '') : `Error: ${outcome.error?.message ?? outcome.status}`,
    run_id: runId,
    status: outcome.status,
    error: outcome.error ? { code: outcome.error.code, message: outcome.error.message } : null,
    session_key: outcome.sessionKey ?? null,
    usage: outcome.usage ? toWireUsage(outcome.usage) : null,
    finished_at: outcome.finishedAt,
    // Left out where absent: a run of an earlier version keeps the bytes that its receiver may have seen.
    ...(outcome.summary !== undefined && { summary: outcome.summary }),
    ...(outcome.metadata && { metadata: outcome.metadata }),
    ...(outcome.data !== undefined && { data: outcome.data }),
    ...(outcome.agentSession !== undefined && { agent_session: outcome.agentSession }),
    ...(outcome.collectedInto !== undefined && { collected_into: outcome.collectedInto }),
  };
}

/** Event type of the notification that a callback is dead. */
export const CALLBACK_DEAD = 'run.callback_dead';

/** The body that the operator's webhook for dead letters gets. */
export const deadLetterBody = z.strictObject({
  type: z.literal(CALLBACK_DEAD),
  run_id: z.string(),
  client: z.string(),
  callback_host: z.string(),
  last_status_code: z.number().nullable(),
  error_class: z.string().nullable(),
  attempts: z.number().nullable(),
  at: z.iso.datetime(),
});
export type DeadLetterBody = z.infer<typeof deadLetterBody>;
