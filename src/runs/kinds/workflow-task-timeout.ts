import { WORKFLOW_TASK_TIMEOUT_MS } from '../../contract/describe-run.ts';
import type { RunInput } from '../../contract/run.ts';

/**
 * Of a run whose tasks take a few milliseconds, even on a slow machine. It is what a crash costs the runs that their worker had just
 * taken: the next worker is there before it is over.
 */
const SMALL_MS = 2000;
const SMALL_TEXT_UNITS = 64 * 1024;
/**
 * A workflow task fetches such an answer from the store of large payloads and puts it there again: 20 MB take 2 to 3 s on two busy
 * cores.
 */
const LARGE_MS = 30_000;
/** Larger ones do not fit in Temporal. */
const LARGE_ANSWER_BYTES = 2 * 1024 * 1024;

/** How long Temporal waits for a worker that has taken a workflow task of a run, in milliseconds; docs/decisions/0011-short-workflow-task-timeouts.md. */
export function workflowTaskTimeoutMs(input: RunInput): number {
  if ((input.agentPolicy?.maxAnswerBytes ?? 0) > LARGE_ANSWER_BYTES) return LARGE_MS;
  const isSmall = !('workflow' in input) && input.task.text.length <= SMALL_TEXT_UNITS;
  return isSmall ? SMALL_MS : WORKFLOW_TASK_TIMEOUT_MS;
}
