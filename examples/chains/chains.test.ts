import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { type FakeAgents, fakeAgents } from 'garudust-temporal/testing';

const address = process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233';
const workflowsPath = fileURLToPath(new URL('workflows.ts', import.meta.url));
// Once for all tests: it takes a second.
const workflowBundle = await bundleWorkflowCode({ workflowsPath, plugins: [fakeAgents({}).plugin] });

async function execute(fake: FakeAgents, workflow: string, args: unknown[]): Promise<unknown> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const taskQueue = `test-${randomUUID()}`;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [fake.plugin] });
  try {
    return await worker.runUntil(client.workflow.execute(workflow, { taskQueue, workflowId: taskQueue, args }));
  } finally {
    await client.connection.close();
    await connection.close();
  }
}

const ids = ({ calls }: FakeAgents): string[] => calls.map(({ id }) => id);

test('the second step gets the answer of the first', async () => {
  const fake = fakeAgents({ writer: [{ output: 'A draft' }, { output: 'A joke' }] });
  assert.equal(await execute(fake, 'twoSteps', ['queues']), 'A joke');
  assert.deepEqual(ids(fake), ['draft', 'revision']);
  assert.match(fake.calls[1]?.text ?? '', /A draft$/);
});

test('the judge picks an answer', async () => {
  const fake = fakeAgents({ writer: (text) => ({ output: text.split(':')[0] ?? '' }), judge: [{ output: '2' }] });
  assert.equal(await execute(fake, 'panel', ['Why?']), 'Answer as the sceptic');
});

test('the loop ends with the budget, and keeps the best', async () => {
  const usage = { outputTokens: 300 };
  const fake = fakeAgents({
    writer: [
      { output: 'good', usage },
      { output: 'worse', usage },
    ],
    judge: [{ output: '7' }, { output: '3' }],
  });
  assert.equal(await execute(fake, 'untilGood', ['Write', { atLeast: 9, tokens: 500, rounds: 9 }]), 'good');
  assert.deepEqual(ids(fake), ['draft-1', 'score-1', 'draft-2', 'score-2']);
});

test('the report names a section without an answer, and is posted', async () => {
  const fake = fakeAgents({
    writer: (text) =>
      text.startsWith('What has happened to the budget') ? { fail: 'TaskRefused' } : { output: 'Fine' },
  });
  const report = { topics: ['the builds', 'the budget'], callback: 'https://chat.example.com/hooks/reports' };
  assert.equal(await execute(fake, 'nightlyReport', [report]), 'Fine');
  assert.match(fake.calls.at(-1)?.text ?? '', /Fine\n\nNo answer about the budget\.$/);
  assert.deepEqual(
    fake.callbacks.map(({ url, outcome }) => [url, outcome?.output]),
    [[report.callback, 'Fine']],
  );
});
