import { setTimeout as sleep } from 'node:timers/promises';
import type { RunList } from '../protocol/run-list.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import type { ApiClient, ApiReply } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { Progress } from './show/progress.ts';

const AT_ONCE = 5;
const PAGE = 100;
const ATTEMPTS = 4;
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** Which dead letters to redeliver. */
export interface DeadLetterFilter {
  /** Accepted since then, milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Host of the callback's address, with or without its port; lower case. */
  readonly host?: string | undefined;
}

/** The result for one dead letter. */
export type Redelivery =
  | { readonly id: string; readonly result: 'redelivered' }
  /** It was delivered meanwhile, or has expired. */
  | { readonly id: string; readonly result: 'skipped' }
  | { readonly id: string; readonly result: 'failed'; readonly error: ApiError };

export interface RedeliverAllOptions {
  readonly filter: DeadLetterFilter;
  /** Another address for all of them. */
  readonly callbackUrl?: string | undefined;
  readonly progress: Progress;
  /** Stops it; it then rejects with the signal's reason. */
  readonly interrupted: AbortSignal;
}

/**
 * Redelivers every dead letter of the caller, five at a time. It lists all of them first, since a redelivered
 * run leaves the list and would shift its pages. It retries while the server is unreachable or asks for a pause.
 *
 * @returns one entry per dead letter, in the order of the list
 * @throws ApiError when the list can't be read
 */
export async function redeliverAll(api: ApiClient, options: RedeliverAllOptions): Promise<Redelivery[]> {
  const { filter, progress, interrupted } = options;
  const ids = await listDead(api, filter, progress);
  const results: Redelivery[] = [];
  const entries = ids.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [index, id] of entries) {
      results[index] = await redeliverOne(api, id, options);
      interrupted.throwIfAborted();
      done += 1;
      if (done % PAGE === 0 || done === ids.length) progress.show(`${done} of ${ids.length} dead letters`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, work));
  return results;
}

async function listDead(api: ApiClient, filter: DeadLetterFilter, progress: Progress): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    progress.show(ids.length === 0 ? 'Listing dead letters' : `${ids.length} dead letters found`);
    const page: RunList = await api.listRuns({ callback: 'dead' }, PAGE, cursor);
    for (const run of page.runs) if (isMeant(run, filter)) ids.push(run.id);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

function isMeant({ created_at, callback }: RunResource, { since, host }: DeadLetterFilter): boolean {
  if (since !== undefined && !(created_at !== undefined && Date.parse(created_at) >= since)) return false;
  if (host === undefined) return true;
  const url = callback.url !== undefined && URL.canParse(callback.url) ? new URL(callback.url) : undefined;
  return url?.host === host || url?.hostname === host;
}

async function redeliverOne(
  api: ApiClient,
  id: string,
  { callbackUrl, interrupted }: RedeliverAllOptions,
): Promise<Redelivery> {
  for (let attempt = 1; ; attempt += 1) {
    let reply: ApiReply;
    try {
      reply = await api.redeliverRun(id, callbackUrl);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.passing || attempt === ATTEMPTS) return { id, result: 'failed', error };
      const pauseMs = Math.min(error.retryAfterMs ?? PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      await sleep(pauseMs, undefined, { signal: interrupted });
      continue;
    }
    return { id, result: reply.unchanged ? 'skipped' : 'redelivered' };
  }
}
