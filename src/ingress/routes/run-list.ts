import { createHmac, timingSafeEqual } from 'node:crypto';
import { deliveryRunIds } from '../../contract/run-id.ts';
import { fieldProblem } from '../../protocol/problem-error.ts';
import { parseRunListQuery, type RunFilter, type RunList, type RunListQuery } from '../../protocol/run-list.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { IngressClient } from '../ingress-client.ts';
import type { ListAdmission } from '../limits/list-admission.ts';
import type { RequestContext } from '../route.ts';

export interface RunListDeps {
  readonly runs: Pick<RunClient, 'list'>;
  readonly clients: readonly Pick<IngressClient, 'id' | 'apiKey'>[];
  /** The configured sources, by name. Default: none. */
  readonly sources?: ReadonlyMap<string, unknown>;
}

/** `GET /v1/runs`: the caller's own runs, page by page. */
export function createRunList(
  deps: RunListDeps,
  admission: ListAdmission,
): (ctx: RequestContext, client: string) => Promise<void> {
  return async (ctx, client) => {
    const query = readQuery(ctx.query);
    ctx.body = await admission.list(client, JSON.stringify(query), () => list(client, query, deps));
  };
}

function readQuery(query: Readonly<Record<string, string | string[] | undefined>>): RunListQuery {
  const parsed = parseRunListQuery(query);
  if (parsed.ok) return parsed.query;
  throw fieldProblem('invalid_parameter', parsed.errors);
}

async function list(client: string, { cursor, limit, ...filter }: RunListQuery, deps: RunListDeps): Promise<RunList> {
  const apiKeys = deps.clients.find(({ id }) => id === client)?.apiKey ?? [];
  const scope: CursorScope = { client, apiKeys, filter };
  const pageToken = cursor === undefined ? undefined : openCursor(cursor, scope);
  if (cursor !== undefined && pageToken === undefined) {
    const message = 'is not a cursor of this list: use next_cursor of the previous page, with the same filters';
    throw fieldProblem('invalid_parameter', [{ field: 'cursor', message }]);
  }
  const runIds = filter.delivery_id === undefined ? undefined : toRunIds(client, filter, filter.delivery_id, deps);
  const page = await deps.runs.list({
    client,
    filter,
    limit,
    ...(runIds && { runIds }),
    ...(pageToken && { pageToken }),
  });
  return {
    runs: [...page.runs],
    next_cursor: page.pageToken === undefined ? null : sealCursor(page.pageToken, scope),
  };
}

/** The ids that a run of this delivery can have: an id is derived from the delivery's, its client and its source. */
function toRunIds(client: string, { source }: RunFilter, deliveryId: string, { sources }: RunListDeps): string[] {
  const from = source === undefined ? [...OWN_SOURCES, ...(sources?.keys() ?? [])] : [source];
  return from.flatMap((name) => deliveryRunIds({ client, source: name, deliveryId }));
}

/** `code`: what `startAgentRun` starts. */
const OWN_SOURCES = ['webhook', 'code'];

const SEAL_BYTES = 16;

/** What a cursor is valid for: this client, with these filters. */
interface CursorScope {
  readonly client: string;
  /** The API keys of the client are the key of the seal, so that every process with the same settings accepts it. */
  readonly apiKeys: readonly string[];
  readonly filter: RunFilter;
}

/** Makes a cursor of Temporal's page token: base64url with a seal, so that only tokens of Temporal are sent back to it. */
function sealCursor(pageToken: Uint8Array, scope: CursorScope): string {
  return Buffer.concat([seal(pageToken, scope), pageToken]).toString('base64url');
}

/** The page token in a cursor; undefined if the cursor is invalid, or belongs to another client or other filters. */
function openCursor(cursor: string, scope: CursorScope): Uint8Array | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length <= SEAL_BYTES) return undefined;
  const pageToken = bytes.subarray(SEAL_BYTES);
  return timingSafeEqual(seal(pageToken, scope), bytes.subarray(0, SEAL_BYTES)) ? pageToken : undefined;
}

function seal(pageToken: Uint8Array, { client, apiKeys, filter }: CursorScope): Buffer {
  const { status, callback, source, agent, session, user, metadata, delivery_id, created_after, created_before } =
    filter;
  const more = [metadata, delivery_id, created_after, created_before];
  const what = JSON.stringify(['cursor', client, status, callback, source, agent, session, user, ...more]);
  const hmac = createHmac('sha256', JSON.stringify(apiKeys)).update(what).update('\0').update(pageToken);
  return hmac.digest().subarray(0, SEAL_BYTES);
}
