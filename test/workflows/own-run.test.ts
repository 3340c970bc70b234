import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
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
