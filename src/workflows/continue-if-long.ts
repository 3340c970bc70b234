import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { MAX_RUN_INPUT_BYTES } from '../contract/run.ts';
import { toFailure } from './workflow-failure.ts';

/**
 * Goes on in a new execution where the history has become long, so that a loop may run for as long as it likes. Call it between two
 * steps, when none is under way; the workflow then begins anew with what it is given here. Otherwise it does nothing.
 *
 * Handlers of signals and updates that are under way end first. Signals that come later reach the new execution.
 *
 * @param state the argument of the new execution: only what a later step needs
 * @throws ApplicationFailure `StepTooLarge` for a state that Temporal cannot store; ContinueAsNew, which your code must not catch
 * @example
 * export async function improve(state: { draft: string; rounds: number }): Promise<string> {
 *   for (let { draft, rounds } = state; ; rounds += 1) {
 *     if (rounds === 5000) return draft;
 *     draft = (await ask(`Improve:\n${draft}`)).output;
 *     await continueIfLong({ draft, rounds: rounds + 1 });
 *   }
 * }
 */
export async function continueIfLong(state: unknown): Promise<void> {
  if (!workflowInfo().continueAsNewSuggested) return;
  const bytes = new TextEncoder().encode(JSON.stringify(state) ?? '').byteLength;
  if (bytes > MAX_RUN_INPUT_BYTES) {
    const size = `${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}`;
    throw toFailure(
      'StepTooLarge',
      `The state that the workflow goes on with has ${size}: carry only what a later step needs.`,
    );
  }
  await condition(allHandlersFinished);
  await continueAsNew(state);
}
