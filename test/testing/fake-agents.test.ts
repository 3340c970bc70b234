import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { judgeFailure } from '../../src/contract/judge-failure.ts';
import { type FakeAgents, fakeAgents } from '../../src/testing/index.ts';
import { STEPS } from '../support/run-steps.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';

/** Executes a team's workflow with fake agents. */
async function execute(t: TestContext, fake: FakeAgents, type: string, args: unknown[]): Promise<unknown> {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const worker = await Worker.create({
    connection: await server.connectNative(),
    namespace: server.namespace,
    taskQueue,
    workflowsPath: STEPS,
    plugins: [fake.plugin],
  });
  return worker.runUntil(
    server.client.workflow.execute(type, { workflowId: `${type}-${randomUUID()}`, taskQueue, args }),
  );
}

const URL_OF_CALLBACK = 'https://ci.example.com/done';

describe('fakeAgents', () => {
  test('answers in order, retries what its script fails with, and tells calls and callbacks', async (t) => {
    const fake = fakeAgents({ demo: [{ fail: 'ConnectionLost' }, { output: 'a haiku' }, { output: 'a funny one' }] });
    assert.equal(await execute(t, fake, 'twoSteps', [URL_OF_CALLBACK]), 'a funny one');
    assert.deepEqual(
      fake.calls.map(({ agent, id, text }) => [agent, id, text]),
      [
        ['demo', 'draft', 'Write a haiku'],
        ['demo', 'draft', 'Write a haiku'],
        ['demo', 'revision', 'Make it funnier:\na haiku'],
      ],
    );
    const [draft, again, revision] = fake.calls.map(({ sessionKey }) => sessionKey);
    assert.equal(draft, again);
    assert.notEqual(draft, revision);
    assert.deepEqual(
      fake.callbacks.map(({ url, outcome }) => [url, outcome?.output]),
      [[URL_OF_CALLBACK, 'a funny one']],
    );
  });

  test('answers by a function what comes at once, and serves runs as children', async (t) => {
    const fake = fakeAgents({ demo: (text, { timeoutMs }) => ({ output: `${text.length} ${timeoutMs}` }) });
    assert.equal(await execute(t, fake, 'fanOut', [3, 10]), 3);
    assert.deepEqual(fake.calls.map(({ id }) => id).toSorted(), ['part-0', 'part-1', 'part-2']);
    const { output } = (await execute(t, fake, 'parent', [{}])) as { output: string };
    assert.equal(output, '9 600000');
  });

  test('fails a call beyond its script at once, in words that name it, and a callback with its status', async (t) => {
    const fake = fakeAgents({ demo: [{ output: 'one' }] });
    const error: unknown = await execute(t, fake, 'twoSteps', [URL_OF_CALLBACK]).catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowFailedError);
    assert.match(
      judgeFailure(error.cause).error.message,
      /^Agent "demo" has 1 answers in its script, and was called once more\. Add an answer to fakeAgents\(\{ demo: /,
    );
    const refusing = fakeAgents({ demo: [{ output: 'one' }] }, { callbackStatus: 500 });
    const callback = { url: URL_OF_CALLBACK, retryDelaysMs: [], deadLetterMs: 100 };
    assert.deepEqual(await execute(t, refusing, 'parent', [{ callback }]), {
      code: 'CallbackUndeliverable',
      paid: { output: 'one' },
    });
  });
});
