import { workflowInfo } from '@temporalio/workflow';

/**
 * Whose run the current workflow is, where it is one that executes a workflow of a team: started by the ingress, a schedule or
 * `startRun`, which is what writes such a memo.
 */
export function runOfTeam(): { readonly client: string } | undefined {
  const { memo, workflowType } = workflowInfo();
  const { workflow, client } = memo ?? {};
  return workflow === workflowType && typeof client === 'string' ? { client } : undefined;
}
