import type { Client } from '@temporalio/client';
import { redeliveryIdOf } from '../contract/run-id-form.ts';

const GRPC_NOT_FOUND = 5;
/** More executions than a run has: its resets, and its redeliveries after it was closed. */
const MOST_EXECUTIONS = 1000;

/**
 * Deletes a closed run from Temporal for good: all executions that a reset left behind, and all redeliveries after it was closed.
 * Costs a list, and a call for each execution.
 *
 * Temporal deletes in the background, and what has just closed up to half a minute later; until then the run can be read. The run
 * goes last, its latest execution at the end, so that a call that fails midway can be repeated.
 *
 * @throws ServiceError of the SDK
 */
export async function deleteRun(temporal: Client, runId: string): Promise<void> {
  const { namespace } = temporal.options;
  const redeliveryId = redeliveryIdOf(runId);
  const { executions } = await temporal.workflowService.listWorkflowExecutions({
    namespace,
    query: `WorkflowId IN ('${runId}', '${redeliveryId}')`,
    pageSize: MOST_EXECUTIONS,
  });
  // The list has what closed last first.
  const listed = executions.toReversed().flatMap(({ execution }) => (execution ? [execution] : []));
  const redeliveries = listed.filter(({ workflowId }) => workflowId === redeliveryId);
  const own = listed.filter(({ workflowId }) => workflowId === runId);
  // The list is some tenths of a second behind: the latest executions are deleted whether or not it has them.
  for (const workflowExecution of [...redeliveries, { workflowId: redeliveryId }, ...own, { workflowId: runId }]) {
    try {
      await temporal.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    } catch (error) {
      if ((error as { code?: unknown }).code !== GRPC_NOT_FOUND) throw error;
    }
  }
}
