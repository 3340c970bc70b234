import type { Router } from '@koa/router';
import { ProblemError } from '../../protocol/problems.ts';
import { parseRunListQuery, type RunList, type RunListQuery } from '../../protocol/run-list.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { authenticate } from './authenticate.ts';
import { type CursorScope, openCursor, sealCursor } from './list-cursor.ts';
import { DEFAULT_LIST_LIMITS, ListGate } from '../limits/list-gate.ts';
import { readClient } from './run-route.ts';

const MAX_ERRORS = 16;

/** `GET /v1/runs`: the caller's own runs, page by page. */
export function runListRoute(router: Router<RequestState>, deps: AppDeps): void {
  const gate = new ListGate({ ...DEFAULT_LIST_LIMITS, ...deps.limits });
  router.get('/v1/runs', authenticate(deps.clients), async (ctx) => {
    const client = readClient(ctx);
    const query = readQuery(ctx.query);
    ctx.body = await gate.list(client, JSON.stringify(query), () => list(client, query, deps));
  });
}

function readQuery(query: Readonly<Record<string, string | string[] | undefined>>): RunListQuery {
  const parsed = parseRunListQuery(query);
  if (parsed.ok) return parsed.query;
  const { field, message } = parsed.errors[0] ?? { field: 'query', message: 'is not valid' };
  throw new ProblemError('invalid_parameter', `${field}: ${message}.`, parsed.errors.slice(0, MAX_ERRORS));
}

async function list(client: string, { cursor, limit, ...filter }: RunListQuery, deps: AppDeps): Promise<RunList> {
  const apiKeys = deps.clients.find(({ id }) => id === client)?.apiKey ?? [];
  const scope: CursorScope = { client, apiKeys, filter };
  const pageToken = cursor === undefined ? undefined : openCursor(cursor, scope);
  if (cursor !== undefined && pageToken === undefined) {
    const message = 'is no cursor of this list: take next_cursor of the page before, with the same filters';
    throw new ProblemError('invalid_parameter', `cursor: ${message}.`, [{ field: 'cursor', message }]);
  }
  const page = await deps.runs.list({ client, filter, limit, ...(pageToken && { pageToken }) });
  return {
    runs: [...page.runs],
    next_cursor: page.pageToken === undefined ? null : sealCursor(page.pageToken, scope),
  };
}
