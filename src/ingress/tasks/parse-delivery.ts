import { createHash } from 'node:crypto';
import { ProblemError, type ProblemField } from '../../protocol/problems.ts';
import { parseTaskRequest, type TaskFields, type TaskRequest } from '../../protocol/task-request.ts';
import { type AcceptDeps, acceptTask } from './accept-task.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { VerifiedDelivery } from './verify-delivery.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { ellipsize } from '../../values/plain-text.ts';

/** Enough to fix a request. Without the limit, a body of unknown fields would get a response many times its size. */
const MAX_ERRORS = 16;
const MAX_FIELD_NAME = 64;

/**
 * Reads the task that is the body of a verified delivery to `/webhook`, and accepts it.
 *
 * @throws ProblemError `malformed_json`, `invalid_task`, `user_not_permitted`, `callback_url_refused`,
 * `agent_not_permitted`
 */
export async function parseDelivery(delivery: VerifiedDelivery, deps: AcceptDeps): Promise<AcceptedTask> {
  const { body, deliveryId } = delivery;
  const fingerprint = createHash('sha256').update(body).digest('hex');
  return acceptTask(delivery, { ...readTask(body), deliveryId, fingerprint }, deps);
}

function readTask(body: Buffer): { request: TaskRequest; fields: TaskFields } {
  const parsed = parseTaskRequest(readJson(body));
  if (parsed.ok) return { request: parsed.task, fields: parsed.fields };
  const errors = parsed.errors.slice(0, MAX_ERRORS).map(({ field, message }): ProblemField => ({
    field: ellipsize(field, MAX_FIELD_NAME),
    message,
  }));
  const first = errors[0];
  const more = parsed.errors.length > 1 ? ` ${parsed.errors.length - 1} more in errors.` : '';
  const detail =
    first === undefined ? 'The task is not valid.' : `${first.field || 'The body'}: ${first.message}.${more}`;
  throw new ProblemError('invalid_task', detail, errors);
}
