import type { WorkflowHandle } from '@temporalio/client';
import { INPUT_UPDATE, type InputAnswer, readQuestions } from '../../src/contract/question.ts';
import { waitFor } from './wait-for.ts';

/** Waits until a workflow asks a person. */
export async function untilAsked(handle: WorkflowHandle): Promise<void> {
  const asks = async (): Promise<boolean> =>
    readQuestions((await handle.describe()).memo).some(({ state }) => state === 'open');
  await waitFor('the question', asks, 15_000);
}

/** Answers the question of a workflow once it asks. */
export async function answerPerson(handle: WorkflowHandle, answer: InputAnswer): Promise<void> {
  await untilAsked(handle);
  await handle.executeUpdate<unknown, [InputAnswer]>(INPUT_UPDATE, { args: [answer] });
}
