import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import type { RunFilter } from '../protocol/run-list.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import type { EndedRun, EndedRuns } from './ended-runs.ts';
import { listQuery, matchesFilter } from './list-query.ts';
import { readInfo, readRun } from './read-run.ts';
import type { RunLinks } from './run-kind.ts';
import { RUN_KINDS, toRunResource } from './run-kinds.ts';

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
  const listed = infos.flatMap((info): (RunResource | EndedRun)[] => {
    const facts = readInfo(info);
    // The attribute is a shortened copy; whose run it is stands in the memo.
    if (facts === undefined || facts.memo.client !== request.client) return [];
    const { runId, workflow, attributes } = facts;
    const mark = attributes[SEARCH_ATTRIBUTE.callback]?.[0];
    return [
      RUN_KINDS[facts.type].projectListed(facts, links) ?? {
        runId,
        state: `${info.runId} ${workflow} ${String(mark)}`,
        closed: workflow !== 'open',
      },
    ];
  });
  const read = await ended.readAll(listed.filter(isEndedRun), (runId) => readExactly(temporal, runId, links));
  const exact = read.values();
  const runs = listed.flatMap((run) => {
    const resource = isEndedRun(run) ? exact.next().value : run;
    return resource !== undefined && matchesFilter(resource, request.filter) ? [resource] : [];
  });
  return { runs, ...(page.nextPageToken.length > 0 && { pageToken: page.nextPageToken }) };
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
