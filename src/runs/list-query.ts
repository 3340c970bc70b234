import { SEARCH_ATTRIBUTE, type SearchAttributeName, toKeyword } from '../contract/search-attributes.ts';
import type { RunFilter } from '../protocol/run-list.ts';
import { type CallbackStatus, isTerminal, type RunResource } from '../protocol/run-resource.ts';
import { IS_A_RUN } from './run-kinds.ts';

/** Closed, but not with an answer that was delivered: only the history tells how such a run ended for its caller. */
const OTHERWISE_CLOSED = "'Failed', 'Canceled', 'Terminated', 'TimedOut'";
const CALLBACK = SEARCH_ATTRIBUTE.callback;

/**
 * What Temporal's list is asked for: never less than the filter takes, sometimes more; `matchesFilter` has the last word.
 *
 * Nothing of a caller's text can become syntax, for only letters, digits and a few marks of it are put between the
 * quotes. That also keeps clear of what the server itself reads wrongly: quotes at the ends of a value, and `?` on
 * PostgreSQL.
 */
export function listQuery(client: string, filter: RunFilter): string {
  return [
    IS_A_RUN,
    keyword(SEARCH_ATTRIBUTE.client, client),
    filter.source !== undefined && keyword(SEARCH_ATTRIBUTE.source, filter.source),
    filter.agent !== undefined && keyword(SEARCH_ATTRIBUTE.agent, filter.agent),
    filter.session !== undefined && keyword(SEARCH_ATTRIBUTE.session, filter.session),
    filter.user !== undefined && keyword(SEARCH_ATTRIBUTE.user, filter.user),
    filter.status !== undefined && byStatus(filter.status),
    filter.callback !== undefined && BY_CALLBACK[filter.callback],
  ]
    .filter(Boolean)
    .join(' AND ');
}

/** Whether a run that was listed is one of those that were asked for. */
export function matchesFilter(run: RunResource, filter: RunFilter): boolean {
  return (
    (filter.status === undefined || run.status === filter.status) &&
    (filter.callback === undefined || run.callback.status === filter.callback) &&
    (filter.source === undefined || run.source === filter.source) &&
    (filter.agent === undefined || run.agent?.name === filter.agent) &&
    (filter.session === undefined || run.session_key === filter.session) &&
    (filter.user === undefined || run.user_id === filter.user)
  );
}

function keyword(name: SearchAttributeName, text: string): string {
  const value = toKeyword(text) ?? '';
  const plain = /^[\p{L}\p{N} ._:@/+#=,~-]*/u.exec(value)?.[0] ?? '';
  if (plain === value && plain !== '') return `${name} = '${plain}'`;
  return plain === '' ? `${name} IS NOT NULL` : `${name} STARTS_WITH '${plain}'`;
}

function byStatus(status: NonNullable<RunFilter['status']>): string {
  if (!isTerminal(status)) return `(ExecutionStatus = 'Running' AND ${CALLBACK} IS NULL)`;
  const closed = status === 'completed' ? `'Completed', ${OTHERWISE_CLOSED}` : OTHERWISE_CLOSED;
  return `(ExecutionStatus IN (${closed}) OR (ExecutionStatus = 'Running' AND ${CALLBACK} IS NOT NULL))`;
}

const BY_CALLBACK: Readonly<Record<CallbackStatus, string>> = {
  none: `${CALLBACK} IS NULL`,
  pending: `(ExecutionStatus = 'Running' AND ${CALLBACK} IS NULL)`,
  retrying: `(ExecutionStatus = 'Running' AND ${CALLBACK} = 'retrying')`,
  delivered: `(ExecutionStatus != 'Running' AND (${CALLBACK} IS NULL OR ${CALLBACK} = 'delivered'))`,
  dead: `(${CALLBACK} = 'dead' OR ExecutionStatus IN ('Canceled', 'Terminated', 'TimedOut'))`,
};
