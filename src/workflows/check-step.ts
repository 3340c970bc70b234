import { patched } from '@temporalio/workflow';
import { FAILURES } from '../contract/failures.ts';
import { findMisspelt } from '../contract/misspelt-field.ts';
import { MAX_RUN_INPUT_BYTES, TASK, type Task } from '../contract/run.ts';
import { PATCH } from './patches.ts';
import { toFailure } from './workflow-failure.ts';

/** JSON writes a control character with six bytes, and no UTF-16 unit with more. */
const BYTES_PER_UNIT = 6;

/**
 * Refuses a field of a task that does not exist. Code and package are of one version, so every unknown field is a mistake.
 *
 * @throws ApplicationFailure `InvalidInput`
 */
export function checkTaskFields(task: Task): void {
  const problem = findMisspelt({ task }, { task: TASK }, true);
  if (problem !== undefined && patched(PATCH.refuseMisspelt)) throw toFailure('InvalidInput', problem);
}

/**
 * Refuses an input that Temporal would refuse: the SDK would then fail the workflow task, and repeat it for ever.
 *
 * @param step what the message names: the id of the step, or what it is
 * @param texts the texts of the input that a caller or an agent wrote, which spares most steps the second serialisation
 * @throws ApplicationFailure `StepTooLarge`
 */
export function checkStepSize(step: string, input: object, texts: readonly (string | undefined)[]): void {
  const units = texts.reduce((sum, text = '') => sum + text.length, 0);
  if (units * BYTES_PER_UNIT < MAX_RUN_INPUT_BYTES / 2) return;
  const bytes = new TextEncoder().encode(JSON.stringify(input)).byteLength;
  if (bytes <= MAX_RUN_INPUT_BYTES) return;
  const size = `has an input of ${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}`;
  throw toFailure('StepTooLarge', `Step "${step}" ${size}. ${FAILURES.StepTooLarge.fix}`);
}
