import { patched } from '@temporalio/workflow';
import { findMisspelt } from '../contract/misspelt-field.ts';
import { TASK, type Task } from '../contract/run.ts';
import { PATCH } from './patches.ts';
import { toFailure } from './workflow-failure.ts';

/**
 * Refuses a field of a task that does not exist. Code and package are of one version, so every unknown field is a mistake.
 *
 * @throws ApplicationFailure `InvalidInput`
 */
export function checkTaskFields(task: Task): void {
  const problem = findMisspelt({ task }, { task: TASK }, true);
  if (problem !== undefined && patched(PATCH.refuseMisspelt)) throw toFailure('InvalidInput', problem);
}
