import type { z } from 'zod';
import type { InputRequest } from '../protocol/input-request.ts';
import { type RunFilter, type RunList, runList } from '../protocol/run-list.ts';
import { type RunResource, runResource } from '../protocol/run-resource.ts';
import { signRequest } from '../signatures/sign-request.ts';
import { ApiError, connectionError, explainRefusal } from './api-error.ts';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import { type Credential, findApiKey, missingCredential } from './find-credentials.ts';
import { readServerUrl } from './server-url.ts';

/** The body of `POST /webhook`. */
export interface TaskBody {
  /** May be absent beside `input`. */
  readonly text?: string;
  readonly workflow?: string;
  readonly input?: unknown;
  readonly callback_url?: string;
  readonly session_key?: string;
  readonly user_id?: string;
  readonly agent?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly delay?: string;
  readonly at?: string;
}

export interface ApiReply {
  readonly run: RunResource;
  /** A task: it was recorded before. A cancel or redelivery: there was nothing to do. */
  readonly unchanged: boolean;
}

/** The HTTP API as the commands use it. Every method rejects with an ApiError, or with the reason of `signal`. */
export interface ApiClient {
  readonly url: string;
  /**
   * Posts a task: signed, or with the API key where there is no secret. The same id and body again is the same run. Rejects with a
   * CliError for an id that can't be one.
   */
  sendTask(task: TaskBody, deliveryId: string): Promise<ApiReply>;
  /** The run, as soon as it is terminal, or after `waitSeconds` (0 to 60). */
  getRun(id: string, waitSeconds?: number): Promise<RunResource>;
  /** A page of runs, of `limit` (1 to 100) at most; the next one begins at its cursor. */
  listRuns(filter: RunFilter, limit: number, cursor?: string): Promise<RunList>;
  cancelRun(id: string): Promise<ApiReply>;
  redeliverRun(id: string, callbackUrl?: string): Promise<ApiReply>;
  /** Gives a person's answer to a question of a run. */
  answerRun(id: string, answer: InputRequest): Promise<ApiReply>;
  deleteRun(id: string): Promise<void>;
}

export interface ApiClientOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly secrets?: Credential | undefined;
  readonly apiKey?: Credential | undefined;
  /** Ends every request. */
  readonly signal: AbortSignal;
  /** For an answer, in addition to `waitSeconds`; default 10 s. */
  readonly timeoutMs?: number;
}

interface ApiRequest {
  readonly path: string;
  readonly method?: 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly waitSeconds?: number;
}

/** A client for one server. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { url, secrets, apiKey } = options;
  const bearer = { authorization: `Bearer ${apiKey?.values[0] ?? ''}` };
  const json = { 'content-type': 'application/json' };
  return {
    url,
    async sendTask(task, deliveryId) {
      const body = JSON.stringify(task);
      const signed = secrets !== undefined;
      const proof = signed
        ? sign(secrets.values, deliveryId, body)
        : { ...bearer, 'idempotency-key': toKey(deliveryId) };
      const { run, response } = await ask(options, {
        path: signed ? '/webhook' : '/v1/runs',
        method: 'POST',
        headers: { ...json, ...proof },
        body,
      });
      return { run, unchanged: response.headers.get('idempotent-replayed') === 'true' };
    },
    async getRun(id, waitSeconds = 0) {
      const path = `/v1/runs/${id}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`;
      return (await ask(options, { path, headers: bearer, waitSeconds })).run;
    },
    async listRuns(filter, limit, cursor) {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
      for (const [name, value] of Object.entries(filter)) {
        for (const one of [value ?? []].flat()) query.append(name, one);
      }
      const { body } = await request(options, { path: `/v1/runs?${query.toString()}`, headers: bearer });
      return read(runList, body, url, 'a list of runs');
    },
    async cancelRun(id) {
      return toReply(await ask(options, { path: `/v1/runs/${id}/cancel`, method: 'POST', headers: bearer }));
    },
    async redeliverRun(id, callbackUrl) {
      const body = JSON.stringify(callbackUrl === undefined ? {} : { callback_url: callbackUrl });
      const headers = { ...json, ...bearer };
      return toReply(await ask(options, { path: `/v1/runs/${id}/redeliver`, method: 'POST', headers, body }));
    },
    async answerRun(id, answer) {
      const headers = { ...json, ...bearer };
      const { run, response } = await ask(options, {
        path: `/v1/runs/${id}/input`,
        method: 'POST',
        headers,
        body: JSON.stringify(answer),
      });
      return { run, unchanged: response.headers.get('idempotent-replayed') === 'true' };
    },
    async deleteRun(id) {
      await request(options, { path: `/v1/runs/${id}`, method: 'DELETE', headers: bearer });
    },
  };
}

function sign(secrets: readonly string[], id: string, body: string): Readonly<Record<string, string>> {
  try {
    return signRequest({ secrets, id, timestamp: Math.floor(Date.now() / 1000), body });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError('usage', `The task can't be signed: ${error.message}`, { cause: error });
  }
}

/** An Idempotency-Key in quotes, as RFC 8941 writes a string, so that a key may begin with a quote. */
function toKey(id: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(id)) return `"${id.replace(/["\\]/g, (mark) => `\\${mark}`)}"`;
  throw new CliError('usage', `"${id}" can't be an idempotency key: use 1 to 255 visible ASCII characters.`);
}

function toReply({ run, response }: { run: RunResource; response: Response }): ApiReply {
  return { run, unchanged: response.status === 200 };
}

async function ask(options: ApiClientOptions, asked: ApiRequest): Promise<{ run: RunResource; response: Response }> {
  const { body, response } = await request(options, asked);
  return { run: read(runResource, body, options.url, 'a run'), response };
}

async function request(
  options: ApiClientOptions,
  { path, method, headers, body, waitSeconds = 0 }: ApiRequest,
): Promise<{ body: unknown; response: Response }> {
  const timeoutMs = (options.timeoutMs ?? 10_000) + waitSeconds * 1000;
  let response: Response;
  let text: string;
  try {
    response = await fetch(options.url + path, {
      method: method ?? 'GET',
      headers,
      body: body ?? null,
      // A redirect would carry the signed task or the key to a host that nobody named.
      redirect: 'manual',
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
    });
    text = await response.text();
  } catch (error) {
    options.signal.throwIfAborted();
    throw connectionError(options.url, timeoutMs, error);
  }
  const answered = readJson(text);
  if (!response.ok) {
    const { status } = response;
    const { url, secrets, apiKey } = options;
    const retryAfter = response.headers.get('retry-after');
    throw explainRefusal({ status, retryAfter, body: answered }, { url, secrets, apiKey });
  }
  return { body: answered, response };
}

/** Unknown fields come from a newer server and are accepted. */
function read<T>(schema: z.ZodType<T>, body: unknown, url: string, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  if (parsed.error.issues.every(({ code }) => code === 'unrecognized_keys')) return body as T;
  const message = `${url} answered with something other than ${what}: check --url or GARUDUST_TEMPORAL_URL.`;
  throw new ApiError(message, { passing: false });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A client that reads runs, for the server and with the key that flags, environment and this folder name.
 *
 * @throws CliError
 */
export function connectApi(flags: { readonly url?: string }, io: CliIo): ApiClient {
  const url = readServerUrl(flags.url, io);
  const apiKey = findApiKey(io, url);
  if (apiKey === undefined) throw missingCredential('RUNS_API_KEY', 'API key');
  return createApiClient({ url, apiKey, signal: io.interrupted });
}
