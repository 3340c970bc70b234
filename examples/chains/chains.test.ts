import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { type FakeAgents, fakeAgents } from 'garudust-temporal/testing';

const address = process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233';
const workflowsPath = fileURLToPath(new URL('workflows.ts', import.meta.url));
// Once for all tests: it takes a second.
const workflowBundle = await bundleWorkflowCode({ workflowsPath, plugins: [fakeAgents({}).plugin] });

/** Runs a workflow to its end; `answers` are those of a person, in the order of its questions. */
async function execute(
  fake: FakeAgents,
  workflow: string,
  args: unknown[],
  answers: readonly object[] = [],
): Promise<unknown> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const taskQueue = `test-${randomUUID()}`;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [fake.plugin] });
  try {
    return await worker.runUntil(async () => {
      const handle = await client.workflow.start(workflow, { taskQueue, workflowId: taskQueue, args });
      for (const answer of answers) await answerOnceAsked(handle, answer);
      return handle.result();
    });
  } finally {
    await client.connection.close();
    await connection.close();
  }
}

/** An answer is refused while nothing is asked. */
async function answerOnceAsked(handle: WorkflowHandle, answer: object): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await handle.executeUpdate('input', { args: [answer] });
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
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

test('a refusal with a comment asks for another draft, and the approval names who gave it', async () => {
  const fake = fakeAgents({ writer: [{ output: 'A draft' }, { output: 'A shorter one' }] });
  const answers = [
    { answer: 'refuse', by: 'Ann', comment: 'too long' },
    { answer: 'approve', by: 'Bob' },
  ];
  assert.equal(await execute(fake, 'publish', ['version 2'], answers), 'A shorter one\n\nApproved by Bob.');
  assert.match(fake.calls[1]?.text ?? '', /^Rewrite this, for Ann wrote "too long":\nA draft$/);
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
