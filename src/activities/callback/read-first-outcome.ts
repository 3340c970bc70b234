import { Context } from '@temporalio/activity';
import { readFirstPayload } from '../../payloads/read-payload.ts';
import { toRecord } from '../../values/is-record.ts';

/** The first delivery stands near the beginning: no more is read than that. */
const PAGE_SIZE = 20;

/**
 * Reads the outcome that the first delivery of this activity's ID was given, from the history of the workflow. So the history
 * holds an answer of a megabyte once for all redeliveries.
 *
 * @returns what the first delivery was given; undefined when there was none
 * @throws what the client rejects with
 */
export async function readFirstOutcome(): Promise<unknown> {
  const { client, info } = Context.current();
  const { workflowExecution: execution, workflowNamespace: namespace } = info;
  if (execution === undefined || namespace === undefined) return undefined;
  const converter = client.options.loadedDataConverter;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution,
      maximumPageSize: PAGE_SIZE,
      ...(nextPageToken && { nextPageToken }),
    });
    for (const { activityTaskScheduledEventAttributes: scheduled } of page.history?.events ?? []) {
      if (scheduled?.activityId !== info.activityId) continue;
      const input = await readFirstPayload(converter, scheduled.input?.payloads, {
        ...{ type: 'activity', namespace, activityId: info.activityId, isLocal: false },
        ...{ workflowId: execution.workflowId },
      });
      const { outcome } = toRecord(input);
      if (outcome !== undefined) return outcome;
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return undefined;
}
