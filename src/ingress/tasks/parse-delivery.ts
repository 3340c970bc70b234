import { createHash } from 'node:crypto';
import { callbackBody, deadLetterBody } from '../../protocol/callback-body.ts';
import { questionBody } from '../../protocol/question-body.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { fieldProblem, ProblemError } from '../../protocol/problem-error.ts';
import { parseTaskRequest, type TaskFields, type TaskRequest } from '../../protocol/task-request.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import { type AcceptDeps, acceptTask, type VerifiedDelivery } from './accept-task.ts';

/**
 * Reads the task that is the body of a verified delivery to `/webhook`, and accepts it.
 *
 * @throws ProblemError `malformed_json`, `invalid_task`, `user_not_permitted`, `callback_url_refused`,
 * `agent_not_permitted`
 */
export async function parseDelivery(delivery: VerifiedDelivery, deps: AcceptDeps): Promise<AcceptedTask> {
  const { body, deliveryId, signedId = false } = delivery;
  const fingerprint = createHash('sha256').update(body).digest('hex');
  return acceptTask(delivery, { ...readTask(body), deliveryId, signedId, fingerprint }, deps);
}

function readTask(body: Buffer): { request: TaskRequest; fields: TaskFields } {
  const parsed = parseTaskRequest(readJson(body));
  if (parsed.ok) return { request: parsed.task, fields: parsed.fields };
  throw fieldProblem('invalid_task', parsed.errors);
}

/** Stands in every message as the worker writes it. A task that quotes it in its text has escaped quotes. */
const IN_EVERY_MESSAGE = '"run_id":"run-';

/**
 * Refuses a message of this server that was posted back: a callback, or the notification of a dead letter. Its signature
 * holds where one secret signs both ways. The body decides, because both kinds of signature cover it and no valid task has
 * its fields: nothing genuine is refused.
 *
 * @throws ProblemError `own_callback`
 */
export function refuseOwnMessage({ body }: Pick<VerifiedDelivery, 'body'>): void {
  if (!body.includes(IN_EVERY_MESSAGE)) return;
  const own = OWN_MESSAGES.find(({ schema }) => schema.safeParse(parseOrUndefined(body)).success);
  if (own === undefined) return;
  throw new ProblemError('own_callback', `This is ${own.what} of this server, not a task: do not send it back.`);
}

const OWN_MESSAGES = [
  { what: 'a callback', schema: callbackBody },
  { what: 'a callback about a question', schema: questionBody },
  { what: 'the notification of a dead letter', schema: deadLetterBody },
];

function parseOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
