import type { AgentRunInput, CallbackTarget, RunMemo, Task } from '../../contract/run.ts';
import { deriveRunId, randomRunId } from '../../contract/run-id.ts';
import type { TaskFields, TaskRequest } from '../../protocol/task-request.ts';
import type { AppDeps, IngressClient } from '../app-deps.ts';
import { checkCallbackUrl } from './check-callback-url.ts';
import { checkUser } from './check-user.ts';
import type { AcceptedTask, TaskPlan } from '../../runs/accepted-task.ts';
import type { VerifiedDelivery } from './verified-delivery.ts';
import { pickAgent } from './pick-agent.ts';

/** What must be known to accept a task. */
export type AcceptDeps = Pick<AppDeps, 'clients' | 'agents' | 'defaultAgent' | 'callback' | 'checkUrl'>;

/** A task that was read from a delivery. */
export interface ReadTask {
  readonly request: TaskRequest;
  readonly fields: TaskFields;
  /** The sender's id for the delivery; undefined: every repeat is a run of its own. */
  readonly deliveryId: string | undefined;
  /** SHA-256, hex: tells a repeat from another delivery under the same id. */
  readonly fingerprint: string;
  /** Undefined: the client's usual one. */
  readonly agent?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Accepts a task of a verified delivery. The only maker of an `AcceptedTask`.
 *
 * @throws ProblemError `user_not_permitted`, `callback_url_refused`, `agent_not_permitted`
 */
export async function acceptTask(delivery: VerifiedDelivery, task: ReadTask, deps: AcceptDeps): Promise<AcceptedTask> {
  return (await planTask(delivery, task, deps)) as AcceptedTask;
}

/**
 * Judges the user and the callback address, picks the agent and derives the run id. A plan starts nothing.
 *
 * @throws ProblemError `user_not_permitted`, `callback_url_refused`, `agent_not_permitted`
 */
export async function planTask(
  { client: clientId, source }: Pick<VerifiedDelivery, 'client' | 'source'>,
  { request, fields, deliveryId, fingerprint, agent, metadata = {} }: ReadTask,
  deps: AcceptDeps,
): Promise<TaskPlan> {
  const client = deps.clients.find(({ id }) => id === clientId);
  if (client === undefined) throw new Error(`no client "${clientId}" is configured, yet a delivery names it`);
  checkUser(request.userId, fields.user, client);
  const callback = await toCallback(request.callbackUrl, fields.url, client, deps);
  const input: AgentRunInput = {
    task: toTask(request, metadata),
    client: clientId,
    source,
    ...pickAgent(client, deps, agent),
    ...(callback && { callback }),
  };
  return {
    runId: deliveryId === undefined ? randomRunId() : deriveRunId({ client: clientId, source, deliveryId }),
    idempotent: deliveryId !== undefined,
    input,
    memo: toMemo(input, fingerprint),
  };
}

async function toCallback(
  url: string | undefined,
  field: string,
  client: IngressClient,
  deps: AcceptDeps,
): Promise<CallbackTarget | undefined> {
  if (url === undefined) return undefined;
  await checkCallbackUrl(url, field, client, deps);
  const { retryDelays, attemptTimeout, deadLetter } = deps.callback;
  return { url, retryDelaysMs: retryDelays, attemptTimeoutMs: attemptTimeout, deadLetterMs: deadLetter };
}

function toTask({ text, sessionKey, userId, userName }: TaskRequest, metadata: Readonly<Record<string, string>>): Task {
  return {
    text,
    ...(sessionKey !== undefined && { sessionKey }),
    ...(userId !== undefined && { userId }),
    ...(userName !== undefined && { userName }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function toMemo(input: AgentRunInput, bodySha256: string): RunMemo {
  const { sessionKey, userId } = input.task;
  return {
    client: input.client,
    source: input.source,
    agent: input.agent,
    bodySha256,
    ...(input.callback && { callbackUrl: input.callback.url }),
    ...(sessionKey !== undefined && { sessionKey }),
    ...(userId !== undefined && { userId }),
  };
}
