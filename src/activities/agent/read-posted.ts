import type { Context } from '@temporalio/activity';
import type { SerializationContext } from '@temporalio/common';
import { type PostedProgress, readAgentProgress } from '../../contract/activities.ts';
import { readFirstPayload } from '../../payloads/read-payload.ts';
import { within } from '../../timing/within.ts';
import { activityKeyOf } from '../journal/journal-entry.ts';

/** A heartbeat without it would drop what was posted, so it is worth a wait; and a missed heartbeat would cost more. */
const LONGEST_READ_MS = 5000;

/**
 * Reads what an agent posted of its call, which the ingress wrote into the details of the activity's heartbeat. Never rejects.
 *
 * @returns undefined where there is nothing, and while Temporal does not answer
 */
export function readPosted({ client, info }: Context): Promise<PostedProgress | undefined> {
  const { workflowId, runId, activityId } = activityKeyOf(info);
  const { namespace, loadedDataConverter } = client.options;
  const read = async (): Promise<PostedProgress | undefined> => {
    if (workflowId === undefined) return undefined;
    const execution = { workflowId, runId };
    const { pendingActivities } = await client.workflowService.describeWorkflowExecution({ namespace, execution });
    const pending = pendingActivities.find((each) => each.activityId === activityId);
    const context: SerializationContext = { type: 'activity', namespace, workflowId, activityId, isLocal: false };
    const details = await readFirstPayload(loadedDataConverter, pending?.heartbeatDetails?.payloads, context);
    return readAgentProgress(details, 0).posted;
  };
  const longestMs = Math.min(LONGEST_READ_MS, (info.heartbeatTimeoutMs ?? Infinity) / 3);
  return within(longestMs, read(), () => undefined).catch(() => undefined);
}
