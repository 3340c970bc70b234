import { AsyncCompletionClient, type WorkflowHandle } from '@temporalio/client';
import { ACTIVITY_ID } from '../../src/contract/activities.ts';

/** As `temporal activity complete` does. */
export function completeAgent({ workflowId, client }: WorkflowHandle, result: unknown): Promise<void> {
  const completions = new AsyncCompletionClient({ connection: client.connection });
  return completions.complete({ workflowId, activityId: ACTIVITY_ID.agent }, result);
}
