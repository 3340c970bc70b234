import type { WorkflowStartOptions } from '@temporalio/client';
import { describeRun, WORKFLOW_TASK_TIMEOUT_MS } from '../../contract/describe-run.ts';
import { fairPriority } from '../../contract/fairness.ts';
import type { RunInput } from '../../contract/run.ts';
import type { TaskPlan } from '../accepted-task.ts';
import type { RunPlace } from '../run-kind.ts';
import { toRunUrl } from '../../protocol/run-url.ts';

/**
 * A workflow task fetches such an answer from the store of large payloads and puts it there again: 20 MB take 2 to 3 s on two busy
 * cores. In milliseconds.
 */
const LARGE_TASK_TIMEOUT_MS = 30_000;
/** Larger ones do not fit in Temporal. */
const LARGE_ANSWER_BYTES = 2 * 1024 * 1024;

/** What a start is called with: one execution per run id, for as long as the namespace keeps it. */
export function startOptions<Input extends RunInput>(
  { runId, input, memo, startDelayMs }: Pick<TaskPlan, 'runId' | 'memo' | 'startDelayMs'> & { readonly input: Input },
  { taskQueue, eager, publicUrl }: RunPlace,
): WorkflowStartOptions<(input: Input) => Promise<unknown>> {
  const { attributes, summary, details } = describeRun(input);
  const mayBeLarge = (input.agentPolicy?.maxAnswerBytes ?? 0) > LARGE_ANSWER_BYTES;
  return {
    workflowId: runId,
    taskQueue,
    args: [input],
    memo: { ...memo },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // Temporal refuses both together.
    ...(startDelayMs === undefined ? { requestEagerStart: eager } : { startDelay: startDelayMs }),
    workflowTaskTimeout: mayBeLarge ? LARGE_TASK_TIMEOUT_MS : WORKFLOW_TASK_TIMEOUT_MS,
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
