import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { REDELIVERY_WORKFLOW } from '../contract/names.ts';
import { isRunId, redeliveryIdOf, runOfRedelivery } from '../contract/run-id-form.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { PayloadError } from '../payloads/payload-error.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import type { EndedRun, EndedRuns } from './ended-runs.ts';
import { listQuery, type ListScope, looksAtRedeliveries, matchesFilter } from './list-query.ts';
import { readInfo, readRun } from './read-run.ts';
import type { RunLinks } from './run-kind.ts';
import { kindOf, toRunResource } from './run-kinds.ts';

const CALLBACK = SEARCH_ATTRIBUTE.callback;
/** The most executions that a page of closed runs is looked up in. */
const MOST_EXECUTIONS = 1000;

/** A page of a client's runs to be listed. */
export interface ListRequest extends ListScope {
  readonly limit: number;
  /** From the page before. */
  readonly pageToken?: Uint8Array;
}

export interface ListDeps {
  readonly ended: EndedRuns;
  readonly links: RunLinks;
  /** Called for a run that is left out because this process lacks its key. Default: nobody is told. */
  readonly onUnreadable?: (error: PayloadError) => void;
}

/** A page; it may hold fewer runs than were asked for although more follow. */
export interface RunPage {
  readonly runs: readonly RunResource[];
  /** Absent on the last page. */
  readonly pageToken?: Uint8Array;
}

/**
 * Lists runs by Temporal's visibility store: one call, one more where the page has closed runs, and two cheaper ones for each run of
 * the page whose end only its history tells (failed, canceled, or with a callback that is late), which `ended` remembers.
 *
 * The store is some tenths of a second behind. It has the open runs first, the latest start first, then the closed
 * ones, the latest end first; no other order can be asked for where it is an SQL database.
 *
 * A run is listed once. Where its callback was sent again after it was closed, it stands in its own place, with what the latest
 * redelivery came to; and in the place of that redelivery where the filter asks for a state of the callback.
 *
 * @throws whatever the SDK rejects with
 */
export async function listRuns(
  temporal: Client,
  request: ListRequest,
  { ended, links, onUnreadable = () => undefined }: ListDeps,
): Promise<RunPage> {
  const { namespace } = temporal.options;
  const page = await temporal.workflowService.listWorkflowExecutions({
    namespace,
    query: listQuery(request),
    pageSize: request.limit,
    ...(request.pageToken && { nextPageToken: request.pageToken }),
  });
  const converter = temporal.options.loadedDataConverter;
  const infos = await readable(
    page.executions.map((raw) => executionInfoFromRaw(raw, converter, undefined, namespace).catch(toPayloadError)),
    onUnreadable,
  );
  const newest = await findNewest(temporal, infos);
  const byCallback = looksAtRedeliveries(request.filter);
  const listed = infos.flatMap((info): (RunResource | EndedRun)[] => {
    if ((newest.get(info.workflowId)?.runId ?? info.runId) !== info.runId) return [];
    if (info.type === REDELIVERY_WORKFLOW) return toRedelivered(info, request.client);
    const redelivery = newest.get(redeliveryIdOf(info.workflowId));
    if (redelivery !== undefined && byCallback) return [];
    const facts = readInfo(info);
    // The attribute is a shortened copy; whose run it is stands in the memo.
    if (facts === undefined || facts.memo.client !== request.client) return [];
    const { runId, workflow, attributes } = facts;
    const mark = attributes[CALLBACK]?.[0];
    const state = `${info.runId} ${workflow} ${String(mark)}`;
    if (redelivery !== undefined) {
      return [
        { runId, state: `${state} ${redelivery.runId} ${redelivery.status}`, closed: redelivery.status !== OPEN },
      ];
    }
    return [kindOf(facts).projectListed(facts, links) ?? { runId, state, closed: workflow !== 'open' }];
  });
  const read = await ended.readAll(listed.filter(isEndedRun), async (runId) => {
    const [run] = await readable([readExactly(temporal, runId, links)], onUnreadable);
    return run;
  });
  const exact = read.values();
  const runs = listed.flatMap((run) => {
    const resource = isEndedRun(run) ? exact.next().value : run;
    return resource !== undefined && matchesFilter(resource, request.filter) ? [resource] : [];
  });
  return { runs, ...(page.nextPageToken.length > 0 && { pageToken: page.nextPageToken }) };
}

/** A memo that another codec wrote than those of this process concerns its own run, not the list. */
function toPayloadError(error: unknown): never {
  if (error instanceof PayloadError) throw error;
  const { message } = error as Partial<Error>;
  throw new PayloadError(`A memo cannot be decoded: ${message ?? 'unknown error'}.`);
}

/** A redelivery stands for its run, which has to be read. */
function toRedelivered(info: Omit<WorkflowExecutionInfo, 'raw'>, client: string): EndedRun[] {
  const runId = runOfRedelivery(info.workflowId);
  if (runId === undefined || info.memo?.['client'] !== client) return [];
  return [{ runId, state: `${info.runId} ${info.status.name}`, closed: info.status.name !== 'RUNNING' }];
}

/** WORKFLOW_EXECUTION_STATUS_RUNNING of temporal.api.enums.v1.WorkflowExecutionStatus. */
const OPEN = 1;

/** The newest execution of a workflow ID. */
interface Newest {
  readonly runId: string;
  readonly status: number;
}

/**
 * The newest execution of each run on a page that is closed, and of its redelivery. A reset in the Temporal UI gives a run another
 * execution, as each redelivery is one, and the former ones stay in the list; it may stand on another page, or not match the filter.
 */
async function findNewest(
  temporal: Client,
  infos: readonly Pick<WorkflowExecutionInfo, 'workflowId' | 'status'>[],
): Promise<ReadonlyMap<string, Newest>> {
  const newest = new Map<string, Newest>();
  // Only what has the form of a run id may stand in a query.
  const closed = infos.flatMap(({ workflowId, status }) => {
    const runId = runOfRedelivery(workflowId) ?? workflowId;
    return status.name !== 'RUNNING' && isRunId(runId) ? [runId] : [];
  });
  if (closed.length === 0) return newest;
  const ids = [...new Set(closed.flatMap((runId) => [`'${runId}'`, `'${redeliveryIdOf(runId)}'`]))];
  const { executions } = await temporal.workflowService.listWorkflowExecutions({
    namespace: temporal.options.namespace,
    query: `WorkflowId IN (${ids.join(', ')})`,
    pageSize: MOST_EXECUTIONS,
  });
  const startedAt = new Map<string, number>();
  for (const { execution, startTime, status } of executions) {
    const { workflowId, runId } = execution ?? {};
    if (typeof workflowId !== 'string' || typeof runId !== 'string') continue;
    const started = Number(startTime?.seconds ?? 0) * 1e9 + (startTime?.nanos ?? 0);
    if (started <= (startedAt.get(workflowId) ?? -1)) continue;
    startedAt.set(workflowId, started);
    newest.set(workflowId, { runId, status: Number(status) });
  }
  return newest;
}

function isEndedRun(run: RunResource | EndedRun): run is EndedRun {
  return 'runId' in run;
}

async function readExactly(temporal: Client, runId: string, links: RunLinks): Promise<RunResource | undefined> {
  try {
    const facts = await readRun(temporal, runId);
    return facts && toRunResource(facts, links);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Those that can be read: a run whose key is missing must not keep the others from their caller. */
async function readable<T>(reads: readonly Promise<T>[], onUnreadable: (error: PayloadError) => void): Promise<T[]> {
  const none: T[] = [];
  const found = reads.map(async (read) => {
    try {
      return [await read];
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      onUnreadable(error);
      return none;
    }
  });
  return (await Promise.all(found)).flat();
}
