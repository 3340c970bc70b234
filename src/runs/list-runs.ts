import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import type { RunMemo } from '../contract/run.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import type { RunFilter } from '../protocol/run-list.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import type { EndedRuns } from './ended-runs.ts';
import { listQuery, matchesFilter } from './list-query.ts';
import { isRunMemo, readRun, toWorkflowState } from './read-run.ts';
import { type RunLinks, toRunResource, type WorkflowState } from './to-run-resource.ts';

/** A page of a client's runs to be listed. */
export interface ListRequest {
  readonly client: string;
  readonly filter: RunFilter;
  readonly limit: number;
  /** From the page before. */
  readonly pageToken?: Uint8Array;
}

/** A page; it may hold fewer runs than were asked for although more follow. */
export interface RunPage {
  readonly runs: readonly RunResource[];
  /** Absent on the last page. */
  readonly pageToken?: Uint8Array;
}

/** A run as Temporal's list knows it. */
interface ListedRun {
  readonly runId: string;
  readonly memo: RunMemo;
  readonly workflow: WorkflowState;
  /** The value of `GarudustCallback`. */
  readonly mark: string | undefined;
  readonly createdAt: string;
  readonly executionId: string;
}

/**
 * Lists runs by Temporal's visibility store: one call, and two more for each run of the page whose end only its history
 * tells (failed, canceled, or with a callback that is late), which `ended` remembers.
 *
 * The store is some tenths of a second behind. It has the open runs first, the latest start first, then the closed
 * ones, the latest end first; no other order can be asked for where it is an SQL database.
 *
 * @throws whatever the SDK rejects with
 */
export async function listRuns(
  temporal: Client,
  request: ListRequest,
  { ended, links }: { readonly ended: EndedRuns; readonly links: RunLinks },
): Promise<RunPage> {
  const { namespace } = temporal.options;
  const page = await temporal.workflowService.listWorkflowExecutions({
    namespace,
    query: listQuery(request.client, request.filter),
    pageSize: request.limit,
    ...(request.pageToken && { nextPageToken: request.pageToken }),
  });
  const converter = temporal.options.loadedDataConverter;
  const infos = await Promise.all(
    page.executions.map((raw) => executionInfoFromRaw(raw, converter, undefined, namespace)),
  );
  const listed = infos.flatMap((info): ListedRun[] => {
    const { memo } = info;
    // The attribute is a shortened copy; whose run it is stands in the memo.
    if (!isRunMemo(memo) || memo.client !== request.client) return [];
    const mark = info.searchAttributes[SEARCH_ATTRIBUTE.callback]?.[0];
    return [
      {
        runId: info.workflowId,
        memo,
        workflow: toWorkflowState(info.status.name),
        mark: typeof mark === 'string' ? mark : undefined,
        createdAt: info.startTime.toISOString(),
        executionId: info.runId,
      },
    ];
  });
  const unclear = listed.filter(isUnclear);
  const read = await ended.readAll(
    unclear.map(({ runId, executionId, workflow, mark }) => ({
      runId,
      state: `${executionId} ${workflow} ${mark}`,
      closed: workflow !== 'open',
    })),
    (runId) => readExactly(temporal, runId, links),
  );
  const exact = new Map(unclear.map((run, index) => [run, read[index]]));
  const runs = listed.flatMap((run) => {
    const resource = isUnclear(run) ? exact.get(run) : toRun(run, links);
    return resource !== undefined && matchesFilter(resource, request.filter) ? [resource] : [];
  });
  return { runs, ...(page.nextPageToken.length > 0 && { pageToken: page.nextPageToken }) };
}

/** Whether the list alone can't tell how the run ended. */
function isUnclear({ workflow, mark }: ListedRun): boolean {
  return workflow === 'open' ? mark !== undefined : workflow !== 'completed';
}

/** A run that is under way, or that was answered and whose callback, if any, was taken. */
function toRun(listed: ListedRun, links: RunLinks): RunResource {
  const { runId, memo, workflow, createdAt } = listed;
  const run = toRunResource({ runId, memo, workflow: 'open', createdAt, pending: [] }, links);
  if (workflow === 'open') return { ...run, status: 'running' };
  const callback = run.callback.status === 'none' ? run.callback : { ...run.callback, status: 'delivered' as const };
  return { ...run, status: 'completed', terminal: true, callback };
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
