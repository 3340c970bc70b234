import { patched, sleep, workflowInfo } from '@temporalio/workflow';
import { FAILURES } from '../../contract/failures.ts';
import { MAX_RUN_INPUT_BYTES } from '../../contract/run.ts';
import { PATCH } from '../patches.ts';
import { toFailure } from '../workflow-failure.ts';

/** What one workflow task may schedule: a gRPC message holds 4 MiB, and beyond it the server terminates the workflow. */
const MAX_TASK_BYTES = 4 * 1024 * 1024 - 512 * 1024;

/** The history length at which the current workflow task began, and the bytes that it schedules. */
let task = { began: 0, bytes: 0 };

/**
 * Refuses an input that Temporal would refuse: the SDK would then fail the workflow task, and repeat it for ever.
 *
 * @param step what the message names: the id of the step, or what it is
 * @returns where the workflow task is full, the wait for the next one, which most steps need not; rejects with ApplicationFailure
 * `StepTooLarge`
 */
export function takeRoom(step: string, input: object): Promise<void> | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(input)).byteLength;
  if (bytes > MAX_RUN_INPUT_BYTES) {
    const size = `has an input of ${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}`;
    return Promise.reject(toFailure('StepTooLarge', `Step "${step}" ${size}. ${FAILURES.StepTooLarge.fix}`));
  }
  return fits(bytes) ? undefined : waitForRoom(bytes);
}

function fits(bytes: number): boolean {
  const { historyLength } = workflowInfo();
  if (historyLength !== task.began) task = { began: historyLength, bytes: 0 };
  if (task.bytes > 0 && task.bytes + bytes > MAX_TASK_BYTES) return false;
  task.bytes += bytes;
  return true;
}

async function waitForRoom(bytes: number): Promise<void> {
  if (!patched(PATCH.waitForRoom)) return;
  do await sleep(1, { summary: 'a workflow task schedules at most 4 MiB' });
  while (!fits(bytes));
}
