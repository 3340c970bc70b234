import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { type WorkflowHandle, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { INPUT_UPDATE, type Question, readQuestions } from '../../src/contract/question.ts';
import { runSteps } from '../support/run-steps.ts';
import { waitFor } from '../support/wait-for.ts';

async function questions(handle: WorkflowHandle): Promise<readonly Question[]> {
  return readQuestions((await handle.describe()).memo);
}

async function openIds(handle: WorkflowHandle): Promise<string[]> {
  return (await questions(handle)).filter(({ state }) => state === 'open').map(({ id }) => id);
}

/** Starts a workflow that asks, and plays once it asks. */
function asking<T>(t: TestContext, type: string, args: unknown[], play: (handle: WorkflowHandle) => Promise<T>) {
  return runSteps(t, {}, async ({ start }) => {
    const handle = await start(type, args);
    await waitFor('the question', async () => (await openIds(handle)).length > 0, 15_000);
    return play(handle);
  });
}

function answer(handle: WorkflowHandle, given: unknown, updateId?: string): Promise<unknown> {
  return handle.executeUpdate<unknown, [unknown]>(INPUT_UPDATE, { args: [given], ...(updateId && { updateId }) });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
  assert.ok(error.cause instanceof ApplicationFailure);
  return `${error.cause.type}: ${error.cause.message}`;
}

/** How a workflow failed: type and message. */
async function failure(handle: WorkflowHandle): Promise<string> {
  const error: unknown = await handle.result().then(
    () => assert.fail('it completed'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkflowFailedError);
  const { cause } = error;
  return cause instanceof ApplicationFailure ? `${cause.type}: ${cause.message}` : String(cause?.name);
}

describe('waitForInput', () => {
  test('takes the first answer that fits, refuses the others without an event, and gives a repeat the first result', async (t) => {
    const options = { id: 'region', choices: ['eu', 'us'], show: 'A plan' };
    await asking(t, 'asksPerson', ['Which region?', options], async (handle) => {
      const { historyLength } = await handle.describe();
      assert.match(await refusal(answer(handle, 'asia')), /^InvalidInput: answer is none of the choices .* eu, us\.$/);
      assert.match(await refusal(answer(handle, { answer: '  ' })), /^InvalidInput: answer is missing or empty/);
      assert.match(await refusal(answer(handle, { anwser: 'eu' })), /^InvalidInput: anwser is not a known field/);
      assert.match(await refusal(answer(handle, { answer: 'x'.repeat(10_001) })), /^InvalidInput: answer has more/);
      assert.match(await refusal(answer(handle, 17)), /^InvalidInput: /);
      assert.match(await refusal(answer(handle, { answer: 'eu', question: 'city' })), /^NotAsked: Question "city"/);
      assert.equal((await handle.describe()).historyLength, historyLength);

      const first = await answer(handle, { answer: 'EU', by: 'Ann', comment: 'near' }, 'once');
      assert.deepEqual(await answer(handle, { answer: 'EU', by: 'Ann', comment: 'near' }, 'once'), first);
      const result = (await handle.result()) as Record<string, unknown>;
      const { at, ...rest } = result;
      const given = { answer: 'eu', by: 'Ann', via: 'temporal', comment: 'near', isDefault: false };
      assert.deepEqual([rest, typeof at], [given, 'string']);
      const [asked] = await questions(handle);
      assert.deepEqual([asked?.state, asked?.by, asked?.updateId, asked?.show], ['answered', 'Ann', 'once', undefined]);
    });
  });

  test('asks several people at once, and the same question again under another id', async (t) => {
    await asking(t, 'asksTwo', [{ timeout: '1h' }], async (handle) => {
      assert.deepEqual(await openIds(handle), ['legal', 'security']);
      assert.match(
        await refusal(answer(handle, 'approve')),
        /^InvalidInput: question is missing: name one of legal, sec/,
      );
      await answer(handle, { question: 'legal', answer: 'approve', by: 'Ann' });
      assert.match(
        await refusal(answer(handle, { question: 'legal', answer: 'refuse', by: 'Bob' })),
        /^AlreadyAnswered: Question "legal" was answered by Ann at 20.*: approve$/,
      );
      await answer(handle, { question: 'security', answer: 'refuse' });
      await waitFor('the next question', async () => (await openIds(handle))[0] === 'legal-3', 15_000);
      assert.match(await refusal(answer(handle, { question: 'legal', answer: 'approve' })), /^AlreadyAnswered: /);
      await answer(handle, 'refuse');
      assert.deepEqual(await handle.result(), [
        [true, 'Ann'],
        [false, 'unknown'],
        [false, 'unknown'],
      ]);
    });
  });

  test('ends with its default when the time is up, or fails by name', async (t) => {
    await runSteps(t, {}, async ({ start }) => {
      const given = { timeout: 300, choices: ['a', 'b'] };
      const defaulted = await start('asksPerson', ['Which?', { ...given, default: 'b' }]);
      const { answer: taken, by, isDefault } = (await defaulted.result()) as Record<string, unknown>;
      assert.deepEqual([taken, by, isDefault], ['b', 'nobody', true]);
      const [asked] = await questions(defaulted);
      assert.deepEqual([asked?.state, asked?.answer, asked?.via], ['expired', 'b', 'default']);
      const failed = await start('asksPerson', ['Which?', given]);
      assert.match(await failure(failed), /^InputTimeout: Nobody answered question "input" in time\.$/);
    });
  });

  test('fails by name where its options are wrong or its texts too long, instead of a task that is tried for ever', async (t) => {
    await runSteps(t, {}, async ({ start }) => {
      const wrong: readonly [string, object, RegExp][] = [
        ['', {}, /^InvalidInput: waitForInput: question /],
        ['Which?', { timeout: 'soon' }, /^InvalidInput: waitForInput: timeout is not a time/],
        ['Which?', { choices: [] }, /^InvalidInput: waitForInput: choices is empty/],
        [
          'Which?',
          { choices: ['a', 'b\nc'] },
          /^InvalidInput: waitForInput: choices\.1 has a line break.* in one line/,
        ],
        ['Which?', { choices: ['b\rc'] }, /^InvalidInput: waitForInput: choices\.0 has a line break/],
        ['Which?', { choices: ['\ud800', 'b'] }, /^InvalidInput: waitForInput: choices\.0 has .*half a character/],
        ['Which?', { choices: ['a'], default: 'b' }, /^InvalidInput: waitForInput: default is none/],
        ['Which?', { id: 'a/b' }, /^InvalidInput: waitForInput: id /],
        ['Which?', { id: 'draft', show: 'ü'.repeat(40_000) }, /^StepTooLarge: Step "draft" asks with 80\d+ bytes/],
      ];
      for (const [question, options, expected] of wrong) {
        assert.match(await failure(await start('asksPerson', [question, options])), expected);
      }
    });
  });

  test('is withdrawn when the workflow is canceled', async (t) => {
    await asking(t, 'asksPerson', ['Which?', {}], async (handle) => {
      await handle.cancel();
      assert.equal(await failure(handle), 'CancelledFailure');
      assert.deepEqual(
        (await questions(handle)).map(({ state }) => state),
        ['withdrawn'],
      );
    });
  });
});
