import type { WorkflowStartOptions } from '@temporalio/client';
import { describeRun } from '../../contract/describe-run.ts';
import { fairPriority } from '../../contract/fairness.ts';
import type { RunInput } from '../../contract/run.ts';
import type { TaskPlan } from '../accepted-task.ts';
import type { RunPlace } from '../run-kind.ts';
import { toRunUrl } from '../../protocol/run-url.ts';
import { workflowTaskTimeoutMs } from './workflow-task-timeout.ts';

/** What a start is called with: one execution per run id, for as long as the namespace keeps it. */
export function startOptions<Input extends RunInput>(
  { runId, input, memo, startDelayMs }: Pick<TaskPlan, 'runId' | 'memo' | 'startDelayMs'> & { readonly input: Input },
  { taskQueue, eager, publicUrl }: RunPlace,
): WorkflowStartOptions<(input: Input) => Promise<unknown>> {
  const { attributes, summary, details } = describeRun(input);
  return {
    workflowId: runId,
    taskQueue,
    args: [input],
    memo: { ...memo },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // Temporal refuses both together.
    ...(startDelayMs === undefined ? { requestEagerStart: eager } : { startDelay: startDelayMs }),
    workflowTaskTimeout: workflowTaskTimeoutMs(input),
    staticSummary: summary,
    staticDetails: publicUrl === undefined ? details : `${runLink(runId, publicUrl)}\n${details}`,
    typedSearchAttributes: [...attributes],
    ...fairPriority(input.client),
  };
}

/** The first bullet of the details. Whoever follows the link needs the client's API key. */
function runLink(runId: string, publicUrl: string): string {
  return `- **run**: [${runId}](${toRunUrl(runId, publicUrl)})`;
}
