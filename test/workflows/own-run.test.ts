import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { readQuestions } from '../../src/contract/question.ts';
import { runOwn } from '../support/run-own.ts';

test('a workflow whose code no longer fits its history fails its run, instead of a workflow task for ever', async (t) => {
  const { handle } = await runOwn(t, { workflow: 'changes' });
  const { status } = await handle.describe();
  assert.equal(status.name, 'FAILED');
  const failure: unknown = await handle.result().catch((error: unknown) => error);
  assert.ok(failure instanceof WorkflowFailedError);
  assert.match(String(failure.cause?.message), /[Nn]on-?determin/);
});

test('the callback of a canceled run is delivered, and says so', async (t) => {
  const { handle, activities } = await runOwn(t, {
    workflow: 'triage',
    agent: ['hang'],
    canceled: true,
    withCallback: true,
  });
  assert.equal((await handle.describe()).status.name, 'CANCELLED');
  assert.deepEqual(
    activities.deliveries.map(({ deliveryId, outcome }) => [deliveryId === handle.workflowId, outcome?.status]),
    [[true, 'canceled']],
  );
});

test('a step has the client of its run', async (t) => {
  const { activities } = await runOwn(t, { workflow: 'triage' });
  assert.deepEqual(
    activities.agentCalls.map(({ client }) => client),
    ['default', 'default'],
  );
});

const TOLD = { workflow: 'asks', withCallback: true, tellsQuestions: true } as const;

test('a run that nobody answers in time fails by name, and one that is canceled while it asks is canceled', async (t) => {
  const late = await runOwn(t, { ...TOLD, input: { timeout: 300 } });
  assert.deepEqual(
    late.activities.deliveries.map(({ outcome }) => outcome?.error?.code),
    ['InputTimeout'],
  );
  const canceled = await runOwn(t, { ...TOLD, input: {}, canceled: 'while asking' });
  assert.equal((await canceled.handle.describe()).status.name, 'CANCELLED');
  const [question] = readQuestions((await canceled.handle.describe()).memo);
  assert.equal(question?.state, 'withdrawn');
});

test('workflow code mails the link of its question, which the callback tells, too', async (t) => {
  const { handle, activities } = await runOwn(t, {
    ...{ ...TOLD, input: { mailTo: 'ann' } },
    answer: { answer: 'eu', by: 'Ann' },
  });
  assert.deepEqual(
    activities.agentCalls.map(({ task }) => task.text),
    [`ann: https://agents.example.com/answers/${handle.workflowId}.region`],
  );
  const [told, ...more] = activities.questions;
  assert.deepEqual([told?.asked.id, told?.asked.choices, more], ['region', ['eu', 'us'], []]);
  assert.match(told?.deliveryId ?? '', new RegExp(`^${handle.workflowId}-asked-1-[a-z0-9]+$`));
  assert.equal(activities.deliveries[0]?.outcome?.output, 'eu, says Ann');
});

test('an answer ends a mail that is still on its way; a mail that fails ends the question', async (t) => {
  const mailed = { ...TOLD, input: { mailTo: 'ann' } };
  const answered = await runOwn(t, { ...mailed, agent: ['hang'], answer: { answer: 'eu', by: 'Ann' } });
  assert.equal((await answered.handle.describe()).status.name, 'COMPLETED');
  const failed = await runOwn(t, { ...mailed, agent: [{ fail: 'TaskRefused' }] });
  assert.deepEqual(
    failed.activities.deliveries.map(({ outcome }) => outcome?.error?.code),
    ['TaskRefused'],
  );
});
