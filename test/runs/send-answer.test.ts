import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { sendAnswer } from '../../src/runs/answer-question.ts';
import type { AskTemporal } from '../../src/runs/ask-temporal.ts';

const ANSWER = { question: 'publish', answer: 'approve' };

/** Temporal, which says that the update has failed. */
function failing(type: string): AskTemporal {
  const cause = ApplicationFailure.create({ type, message: 'answer is wrong.' });
  const executeUpdate = () => Promise.reject(new WorkflowUpdateFailedError('Update failed', cause));
  const client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflow: { getHandle: () => ({ executeUpdate }) },
  };
  return (_, __, call) => call(client as never);
}

test('an answer that comes as the run ends is not taken, and its memo says why', async () => {
  for (const type of ['NotAsked', 'AcceptedUpdateCompletedWorkflow']) {
    assert.equal(await sendAnswer(failing(type), 'run-1', ANSWER), false, type);
  }
  await assert.rejects(sendAnswer(failing('AlreadyAnswered'), 'run-1', ANSWER), { code: 'already_answered' });
  await assert.rejects(sendAnswer(failing('InvalidInput'), 'run-1', ANSWER), { code: 'invalid_parameter' });
});
