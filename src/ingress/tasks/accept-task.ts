import { type CallbackTarget, MAX_RUN_INPUT_BYTES, type RunInput, type Task } from '../../contract/run.ts';
import { runMemo } from '../../contract/describe-run.ts';
import { deriveRunId, randomRunId } from '../../contract/run-id.ts';
import { DEFAULT_SESSION_POLICY, MAX_QUEUED, type SessionPolicy, type SessionWishes } from '../../contract/session.ts';
import { deriveCollectMark, deriveSessionId } from '../../contract/session-id.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { TaskFields, TaskRequest } from '../../protocol/task-request.ts';
import type { AcceptedTask, TaskPlan } from '../../runs/accepted-task.ts';
import { ellipsize } from '../../values/plain-text.ts';
import type { IngressClient } from '../ingress-client.ts';
import { type CallbackUrlDeps, checkCallbackUrl } from './check-callback-url.ts';
import { type ExecutorDeps, pickExecutor } from './pick-executor.ts';

declare const brand: unique symbol;

/**
 * A delivery whose signature was checked, or the API key of its caller. Only `VerifyDelivery` makes one, `trustDelivery`, and
 * `verifySourceDelivery` for a configured source; parsers take nothing else.
 */
export interface VerifiedDelivery {
  readonly [brand]: 'VerifiedDelivery';
  /** The id of the configured client that signed it, or whose API key came with it. */
  readonly client: string;
  readonly source: string;
  readonly body: Buffer;
  /** The sender's id for this delivery. Undefined: the sender gave none, and every repeat is a new run. */
  readonly deliveryId: string | undefined;
  /** Whether the signature covers `deliveryId`, where it could also come without: then unsigned ids are other ids. */
  readonly signedId?: boolean;
}

/** What an agent wants of the sessions of its tasks. */
export interface AgentSessions {
  readonly policy?: SessionPolicy;
  /** Of an agent without a memory of its own. */
  readonly recalls?: NonNullable<SessionWishes['recalls']>;
}

/** What is needed to accept a task. */
export interface AcceptDeps extends CallbackUrlDeps, ExecutorDeps {
  readonly clients: readonly IngressClient[];
  /** What the agents want of sessions. Default: nothing. */
  readonly agentSessions?: ReadonlyMap<string, AgentSessions>;
  /** Runs that may wait in one session. Default: `MAX_QUEUED`. */
  readonly sessionQueue?: number;
  readonly callback: CallbackSettings;
}

/** How the callbacks of accepted runs are delivered; durations are milliseconds. */
export interface CallbackSettings {
  /** Waits after each failed attempt. */
  readonly retryDelays: readonly number[];
  readonly attemptTimeout: number;
  readonly deadLetter: number;
  /** Private networks in CIDR form that the operator permits. */
  readonly permitNetworks: readonly string[];
}

/** A task as it was read from a delivery. */
export interface ReadTask {
  readonly request: TaskRequest;
  readonly fields: TaskFields;
  /** The sender's id for the delivery. Undefined: every repeat is a new run. */
  readonly deliveryId: string | undefined;
  /** As in `VerifiedDelivery`. */
  readonly signedId?: boolean;
  /** SHA-256 in hex: distinguishes a repeat from another delivery with the same id. */
  readonly fingerprint: string;
  /** Whether a repeat may have another fingerprint, because the id alone says what happened. */
  readonly anyBody?: boolean;
  /** Of a source, in place of the task's own. Undefined: the default agent of the client. */
  readonly agent?: string | undefined;
  /** Of a source, in place of the task's own and of any agent. */
  readonly workflow?: string | undefined;
  /** Undefined: that of the client, or of the agent. */
  readonly sessionPolicy?: SessionPolicy | undefined;
  /** Of a source: how a person approves the task. Undefined: nobody is asked. */
  readonly approval?: RunInput['approval'];
  /** Of a source, in place of the task's own. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Accepts a task of a verified delivery. Nothing else makes an `AcceptedTask`.
 *
 * @throws ProblemError `user_not_permitted`, `callback_url_refused`, `agent_not_permitted`, `body_too_large`
 */
export async function acceptTask(delivery: VerifiedDelivery, task: ReadTask, deps: AcceptDeps): Promise<AcceptedTask> {
  return (await planTask(delivery, task, deps)) as AcceptedTask;
}

/**
 * Checks user, callback URL and size, picks the agent and derives the run id. A plan starts nothing.
 *
 * @throws ProblemError `user_not_permitted`, `callback_url_refused`, `agent_not_permitted`, `body_too_large`
 */
export async function planTask(
  { client: clientId, source }: Pick<VerifiedDelivery, 'client' | 'source'>,
  {
    request,
    fields,
    deliveryId,
    signedId = false,
    fingerprint,
    sessionPolicy,
    approval,
    anyBody = false,
    ...given
  }: ReadTask,
  deps: AcceptDeps,
): Promise<TaskPlan> {
  const client = deps.clients.find(({ id }) => id === clientId);
  if (client === undefined) throw new Error(`a delivery names the client "${clientId}", which is not configured`);
  checkUser(request.userId, fields.user, client);
  const callback = await toCallback(request.callbackUrl, fields.url, client, deps);
  const executor = await pickExecutor(client, request, { ...deps, ...given });
  const { agent } = executor;
  const byAgent = agent === undefined ? {} : (deps.agentSessions?.get(agent) ?? {});
  const policy = sessionPolicy ?? client.sessionPolicy ?? byAgent.policy ?? DEFAULT_SESSION_POLICY;
  const session = placeInSession(clientId, request, policy, {
    agent,
    recalls: byAgent.recalls,
    isAsked: approval !== undefined,
    most: deps.sessionQueue,
  });
  const input: RunInput = {
    task: toTask(request, given.metadata ?? request.metadata ?? {}),
    client: clientId,
    source,
    ...executor,
    ...(callback && { callback }),
    ...(session && { session }),
    ...(approval && { approval }),
  };
  checkSize(input);
  return {
    runId: deliveryId === undefined ? randomRunId() : deriveRunId({ client: clientId, source, deliveryId, signedId }),
    idempotent: deliveryId !== undefined,
    ...(anyBody && { anyBody }),
    ...(request.startDelayMs !== undefined && { startDelayMs: request.startDelayMs }),
    ...(session && session.announcesItself !== true && { sessionPolicy: policy }),
    input,
    memo: {
      ...runMemo(input),
      bodySha256: fingerprint,
      ...(deliveryId !== undefined && { deliveryId }),
      ...(request.startDelayMs !== undefined && {
        startsAt: new Date(Date.now() + request.startDelayMs).toISOString(),
      }),
    },
  };
}

/** Where the run takes its turn; undefined where it has no session key, or runs in parallel to others. */
function placeInSession(
  client: string,
  { text, sessionKey, userId, startDelayMs }: TaskRequest,
  policy: SessionPolicy,
  {
    agent,
    recalls,
    isAsked,
    most = MAX_QUEUED,
  }: {
    readonly agent: string | undefined;
    readonly recalls: AgentSessions['recalls'];
    readonly most: number | undefined;
    readonly isAsked: boolean;
  },
): RunInput['session'] {
  if (sessionKey === undefined || policy === 'parallel') return undefined;
  return {
    id: deriveSessionId(client, sessionKey),
    ...(recalls && { recalls }),
    ...(most !== MAX_QUEUED && { mostQueued: most }),
    ...(policy === 'interrupt' && { interrupts: true }),
    // A workflow has an input of its own, which is no text that another one could be added to.
    ...(policy === 'collect' &&
      agent !== undefined && {
        collects: { as: deriveCollectMark(agent, userId), bytes: Buffer.byteLength(text) },
      }),
    // Any signal would end the delay: the run joins when it starts. While a person is asked, others have their turns.
    ...((startDelayMs !== undefined || isAsked) && { announcesItself: true }),
  };
}

const MAX_SHOWN = 80;

/** Refuses a user that the client may not name, and a missing user where the client must name one. */
function checkUser(userId: string | undefined, field: string, { id, allowedUserIds }: IngressClient): void {
  if (allowedUserIds === undefined || (userId !== undefined && allowedUserIds.includes(userId))) return;
  const message =
    userId === undefined
      ? `is missing: the client "${id}" must name one of its permitted users`
      : `${JSON.stringify(ellipsize(userId, MAX_SHOWN))} is not permitted for the client "${id}": name a permitted user, or have the operator add this one to allowed_user_ids`;
  throw new ProblemError('user_not_permitted', `${field} ${message}.`, [{ field, message }]);
}

/** JSON writes a control character with six bytes, and no UTF-16 unit with more. */
const BYTES_PER_UNIT = 6;

/** Refuses what Temporal would refuse at every attempt. */
function checkSize(input: RunInput): void {
  const { text, metadata = {} } = input.task;
  const units = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, text.length);
  // Spares most tasks the second serialisation; the other fields have limits of their own, far below the rest.
  if (!('input' in input) && units * BYTES_PER_UNIT < MAX_RUN_INPUT_BYTES / 2) return;
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes <= MAX_RUN_INPUT_BYTES) return;
  throw new ProblemError(
    'body_too_large',
    `The task has ${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}: send a shorter text, or less input or metadata.`,
  );
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
  return {
    ...{ url, retryDelaysMs: retryDelays, attemptTimeoutMs: attemptTimeout, deadLetterMs: deadLetter },
    ...(client.callbackQuestions === true && { tellsQuestions: true }),
  };
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
