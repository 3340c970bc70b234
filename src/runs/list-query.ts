import { metadataKeyword } from '../contract/metadata.ts';
import { INPUT_REQUIRED } from '../contract/question.ts';
import { isRunId, redeliveryIdOf } from '../contract/run-id-form.ts';
import { PAUSE_INFO, SEARCH_ATTRIBUTE, type SearchAttributeName, toKeyword } from '../contract/search-attributes.ts';
import type { RunFilter } from '../protocol/run-list.ts';
import { type CallbackStatus, isTerminal, type RunResource } from '../protocol/run-resource.ts';
import { IS_A_REDELIVERY, IS_A_RUN } from './run-kinds.ts';

/** Closed, but not with an answer that was delivered: only the history tells how such a run ended for its caller. */
const OTHERWISE_CLOSED = "'Failed', 'Canceled', 'Terminated', 'TimedOut'";
const CALLBACK = SEARCH_ATTRIBUTE.callback;

/** Whose runs are listed, and which. */
export interface ListScope {
  readonly client: string;
  readonly filter: RunFilter;
  /** The only run ids that the filter's `delivery_id` can have. */
  readonly runIds?: readonly string[];
}

/**
 * What Temporal's list is asked for: never less than the filter takes, sometimes more; `matchesFilter` has the last word.
 *
 * Nothing of a caller's text can become syntax, for only letters, digits and a few marks of it are put between the
 * quotes. That also keeps clear of what the server itself reads wrongly: quotes at the ends of a value, and `?` on
 * PostgreSQL.
 */
export function listQuery({ client, filter, runIds }: ListScope): string {
  const shared = [
    keyword(SEARCH_ATTRIBUTE.client, client),
    filter.source !== undefined && keyword(SEARCH_ATTRIBUTE.source, filter.source),
    filter.agent !== undefined && keyword(SEARCH_ATTRIBUTE.agent, filter.agent),
    filter.session !== undefined && keyword(SEARCH_ATTRIBUTE.session, filter.session),
    filter.user !== undefined && keyword(SEARCH_ATTRIBUTE.user, filter.user),
    ...(filter.metadata ?? []).map((entry) => `${SEARCH_ATTRIBUTE.metadata} = '${metadataKeyword(entry)}'`),
    // A redelivery begins later than its run.
    filter.created_after !== undefined && `StartTime >= '${toTime(filter.created_after)}'`,
    filter.callback !== undefined && BY_CALLBACK[filter.callback],
  ];
  const ids = runIds?.filter(isRunId);
  const runs = allOf(
    IS_A_RUN,
    ...shared,
    ids !== undefined && isOneOf(ids),
    filter.workflow !== undefined && `WorkflowType = '${filter.workflow.replace(/[^\w.-]/g, '')}'`,
    filter.created_before !== undefined && `StartTime < '${toTime(filter.created_before)}'`,
    filter.status !== undefined && byStatus(filter.status),
  );
  // Of the status of its run a redelivery knows nothing, nor of its start.
  const redeliveries = allOf(IS_A_REDELIVERY, ...shared, ids !== undefined && isOneOf(ids.map(redeliveryIdOf)));
  return looksAtRedeliveries(filter) ? `(${runs}) OR (${redeliveries})` : runs;
}

/** @param ids workflow IDs, made of letters, digits and hyphens */
function isOneOf(ids: readonly string[]): string {
  return `WorkflowId IN (${ids.map((id) => `'${id}'`).join(', ')})`;
}

function allOf(...conditions: readonly (string | false)[]): string {
  return conditions.filter(Boolean).join(' AND ');
}

/** Whether a filter may find a run by what became of its callback after it was closed. */
export function looksAtRedeliveries({ callback }: RunFilter): boolean {
  return callback !== undefined && callback !== 'none';
}

/** Whether a run that was listed is one of those that were asked for. */
export function matchesFilter(run: RunResource, filter: RunFilter): boolean {
  return (
    (filter.status === undefined || run.status === filter.status) &&
    (filter.callback === undefined || run.callback.status === filter.callback) &&
    (filter.source === undefined || run.source === filter.source) &&
    (filter.agent === undefined || run.agent?.name === filter.agent) &&
    (filter.workflow === undefined || run.workflow === filter.workflow) &&
    (filter.session === undefined || run.session_key === filter.session) &&
    (filter.user === undefined || run.user_id === filter.user) &&
    (filter.metadata ?? []).every((entry) => hasEntry(run.metadata, entry)) &&
    (filter.delivery_id === undefined || run.delivery_id === filter.delivery_id) &&
    (filter.created_after === undefined || createdAt(run) >= Date.parse(filter.created_after)) &&
    (filter.created_before === undefined || createdAt(run) < Date.parse(filter.created_before))
  );
}

function hasEntry(metadata: RunResource['metadata'], entry: string): boolean {
  return Object.entries(metadata ?? {}).some(([name, value]) => `${name}=${value}` === entry);
}

function createdAt({ created_at = '' }: RunResource): number {
  return Date.parse(created_at);
}

/** In milliseconds, as the time of a run is read. */
function toTime(text: string): string {
  return new Date(text).toISOString();
}

function keyword(name: SearchAttributeName, text: string): string {
  const value = toKeyword(text) ?? '';
  const plain = /^[\p{L}\p{N} ._:@/+#=,~-]*/u.exec(value)?.[0] ?? '';
  if (plain === value && plain !== '') return `${name} = '${plain}'`;
  return plain === '' ? `${name} IS NOT NULL` : `${name} STARTS_WITH '${plain}'`;
}

function byStatus(status: NonNullable<RunFilter['status']>): string {
  const open = `(ExecutionStatus = 'Running' AND ${CALLBACK} IS NULL)`;
  if (status === 'paused') return `(${open} AND ${PAUSE_INFO.name} = '${PAUSE_INFO.agent}')`;
  if (status === 'input_required') return `(${open} AND ${SEARCH_ATTRIBUTE.waiting} = '${INPUT_REQUIRED}')`;
  if (!isTerminal(status)) return open;
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
