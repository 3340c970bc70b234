import { createHash } from 'node:crypto';
import type { AgentRunInput, CallbackTarget, RunMemo, Task } from '../contract/run.ts';
import { deriveRunId, randomRunId } from '../contract/run-id.ts';
import { ProblemError, type ProblemField } from '../protocol/problems.ts';
import { parseTaskRequest, type TaskRequest } from '../protocol/task-request.ts';
import type { AppDeps, IngressClient } from './app-deps.ts';
import { checkCallbackUrl } from './check-callback-url.ts';
import type { AcceptedTask, VerifiedDelivery } from './delivery.ts';
import { pickAgent } from './pick-agent.ts';
import { readJson } from './read-json.ts';

/** What the parser must know beside the delivery. */
export type ParseDeps = Pick<AppDeps, 'clients' | 'agents' | 'defaultAgent' | 'callback' | 'checkUrl'>;

/** Enough to mend a request by: a body of nothing but unknown fields is not answered at many times its size. */
const MAX_ERRORS = 16;
const MAX_FIELD_NAME = 64;

/**
 * Makes a task of a verified delivery: reads the body, judges the callback address, picks the agent, derives the run id.
 *
 * @throws ProblemError `malformed_json`, `invalid_task`, `callback_url_refused`, `agent_not_permitted`
 */
export async function parseDelivery(delivery: VerifiedDelivery, deps: ParseDeps): Promise<AcceptedTask> {
  const client = deps.clients.find(({ id }) => id === delivery.client);
  if (client === undefined) throw new Error(`no client "${delivery.client}" is configured, yet a delivery names it`);
  const { request, urlField } = readTask(delivery.body);
  const callback = await toCallback(request.callbackUrl, urlField, client, deps);
  const { source, deliveryId } = delivery;
  const input: AgentRunInput = {
    task: toTask(request),
    client: client.id,
    source,
    ...pickAgent(client, deps),
    ...(callback && { callback }),
  };
  const accepted = {
    runId: deliveryId === undefined ? randomRunId() : await deriveRunId({ client: client.id, source, deliveryId }),
    idempotent: deliveryId !== undefined,
    input,
    memo: toMemo(input, delivery.body),
  };
  return accepted as AcceptedTask;
}

function readTask(body: Buffer): { request: TaskRequest; urlField: string } {
  const parsed = parseTaskRequest(readJson(body));
  if (parsed.ok) return { request: parsed.task, urlField: parsed.urlField };
  const errors = parsed.errors.slice(0, MAX_ERRORS).map(({ field, message }): ProblemField => ({
    field: field.length > MAX_FIELD_NAME ? `${field.slice(0, MAX_FIELD_NAME)}…` : field,
    message,
  }));
  const first = errors[0];
  const more = parsed.errors.length > 1 ? ` ${parsed.errors.length - 1} more in errors.` : '';
  const detail =
    first === undefined ? 'The task is not valid.' : `${first.field || 'The body'}: ${first.message}.${more}`;
  throw new ProblemError('invalid_task', detail, errors);
}

async function toCallback(
  url: string | undefined,
  field: string,
  client: IngressClient,
  deps: ParseDeps,
): Promise<CallbackTarget | undefined> {
  if (url === undefined) return undefined;
  await checkCallbackUrl(url, field, client, deps);
  const { retryDelaysMs, attemptTimeoutMs, deadLetterMs } = deps.callback;
  return { url, retryDelaysMs, attemptTimeoutMs, deadLetterMs };
}

function toTask({ text, sessionKey, userId, userName }: TaskRequest): Task {
  return {
    text,
    ...(sessionKey !== undefined && { sessionKey }),
    ...(userId !== undefined && { userId }),
    ...(userName !== undefined && { userName }),
  };
}

function toMemo(input: AgentRunInput, body: Buffer): RunMemo {
  const { sessionKey, userId } = input.task;
  return {
    client: input.client,
    source: input.source,
    agent: input.agent,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    ...(input.callback && { callbackUrl: input.callback.url }),
    ...(sessionKey !== undefined && { sessionKey }),
    ...(userId !== undefined && { userId }),
  };
}
