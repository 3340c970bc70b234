import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { fieldProblem, type ProblemCode, ProblemError } from '../../protocol/problems.ts';
import { callbackBody, deadLetterBody } from '../../protocol/callback-body.ts';
import { verifyRequest } from '../../signatures/verify-request.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../../protocol/json/media-type.ts';
import { parseTaskRequest, type TaskFields, type TaskRequest } from '../../protocol/task-request.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { IngressClient } from '../ingress-client.ts';
import { type AcceptDeps, acceptTask, type VerifiedDelivery } from './accept-task.ts';

export interface VerifyDeps {
  readonly clients: readonly Pick<IngressClient, 'id' | 'webhookSecret' | 'require'>[];
  /** Milliseconds since the epoch, for signed timestamps. Default: `Date.now`. */
  readonly now?: () => number;
}

const SIGNATURE_HEADERS = ['x-hub-signature-256', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** Stands in for a client that is not configured, so that its refusal takes as long and reads the same. */
const NOBODY: VerifyDeps['clients'][number] = { id: '', webhookSecret: [randomUUID()] };

const DETAIL = {
  signature_missing:
    'Sign the raw body: X-Hub-Signature-256: sha256=<hex HMAC-SHA256>, or webhook-id, webhook-timestamp and webhook-signature.',
  signature_invalid:
    'Sign the exact bytes of the body with a secret of the client. If both kinds of signature are sent, both must be valid.',
  timestamp_out_of_window:
    'webhook-timestamp must be the current time in seconds, at most 5 minutes off: check the clock.',
} as const satisfies Partial<Record<ProblemCode, string>>;

/**
 * Verifies the signature over the raw body. The client whose secret matches is the sender.
 *
 * A signed `webhook-id` is the delivery id; no unsigned header can override it, and an unsigned id never names the same run.
 *
 * @param hint the id of the client, if the sender names it: then only that client's secrets are tried
 * @throws ProblemError `signature_missing`, `signature_invalid`, `timestamp_out_of_window`, and then
 * `unsupported_media_type` or `invalid_idempotency_key`
 */
export function verifyDelivery(
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
  deps: VerifyDeps,
  hint?: string,
): VerifiedDelivery {
  const clients = hint === undefined ? deps.clients : [deps.clients.find(({ id }) => id === hint) ?? NOBODY];
  const { client, webhookId } = findSigner(headers, body, { ...deps, clients });
  refuseOtherThanJson(headers);
  const deliveryId = webhookId ?? readDeliveryId(headers);
  const delivery = { client, source: 'webhook', body, deliveryId, signedId: webhookId !== undefined };
  return delivery as VerifiedDelivery;
}

interface Signer {
  readonly client: string;
  readonly webhookId: string | undefined;
}

function findSigner(headers: IncomingMessage['headersDistinct'], body: Buffer, deps: VerifyDeps): Signer {
  const now = (deps.now ?? Date.now)();
  const signed = toSignatureHeaders(headers);
  let refusal: keyof typeof DETAIL = 'signature_invalid';
  for (const { id, webhookSecret, require } of deps.clients) {
    const verdict = verifyRequest({ headers: signed, body, secrets: webhookSecret, now });
    if (verdict.ok && require === 'timestamp' && verdict.webhookId === undefined) {
      throw new ProblemError(
        'signature_invalid',
        `The client "${id}" requires a signed timestamp: sign with Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature).`,
      );
    }
    if (verdict.ok) return { client: id, webhookId: verdict.webhookId };
    refusal = verdict.reason;
    if (refusal !== 'signature_invalid') break; // does not depend on the secret, so it is the same for every client
  }
  throw new ProblemError(refusal, DETAIL[refusal]);
}

/** Repeated headers are refused: joined into one, it would be unclear which of them was checked. */
function toSignatureHeaders(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  const single: Record<string, string> = {};
  for (const name of SIGNATURE_HEADERS) {
    const values = headers[name] ?? [];
    if (values.length > 1)
      throw new ProblemError('signature_invalid', `${name} was sent more than once: send it once.`);
    if (values[0] !== undefined) single[name] = values[0];
  }
  return single;
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
  { what: 'the notification of a dead letter', schema: deadLetterBody },
];

function parseOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function refuseOtherThanJson(headers: IncomingMessage['headersDistinct']): void {
  const type = readMediaType(headers);
  if (!isJson(type)) throw unsupportedMediaType(type, 'application/json in UTF-8');
}

const MAX_LENGTH = 255;

/**
 * The delivery id in an unsigned header: `Idempotency-Key`, otherwise `X-GitHub-Delivery`, which stays the same when GitHub
 * redelivers. The key is an RFC 8941 string in quotes, or bare characters, which most senders use:
 * draft-ietf-httpapi-idempotency-key-header-06.
 */
function readDeliveryId(headers: IncomingMessage['headersDistinct']): string | undefined {
  return readHeader(headers, 'Idempotency-Key') ?? readHeader(headers, 'X-GitHub-Delivery');
}

function readHeader(headers: IncomingMessage['headersDistinct'], name: string): string | undefined {
  const values = headers[name.toLowerCase()];
  if (values === undefined) return undefined;
  if (values.length > 1) throw invalidKey(name, 'was sent more than once: send it once');
  const value = (values[0] ?? '').trim();
  const key = value.startsWith('"') ? unquote(value) : bare(value);
  if (key === undefined)
    throw invalidKey(name, `must be 1 to ${MAX_LENGTH} visible ASCII characters, bare or in quotes`);
  return key;
}

function bare(value: string): string | undefined {
  return value.length <= MAX_LENGTH && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** RFC 8941 section 3.3.3: printable ASCII, where only a quote and a backslash are escaped. */
function unquote(value: string): string | undefined {
  const inner = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(value)?.[1];
  const key = inner?.replace(/\\(["\\])/g, '$1');
  return key !== undefined && key.length > 0 && key.length <= MAX_LENGTH ? key : undefined;
}

function invalidKey(name: string, message: string): ProblemError {
  return new ProblemError('invalid_idempotency_key', `${name} ${message}.`, [{ field: name, message }]);
}

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
