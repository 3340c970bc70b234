import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Task } from '../../src/contract/run.ts';
import { undeliveredAnswer } from '../../src/contract/undelivered-answer.ts';
import { readRun } from '../../src/runs/read-run.ts';
import { toRunResource } from '../../src/runs/run-kinds.ts';
import { startAgentRun } from '../../src/runs/start-agent-run.ts';
import { runSteps } from '../support/run-steps.ts';
import type { Step } from '../support/scripted-activities.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const CALLBACK = 'https://ci.example.com/done';
const LATER: Step = { retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 };
const ANSWER = { output: 'done: Review it', usage: { inputTokens: 7 } };

describe('startAgentRun', () => {
  test('starts a run that the API reads, and tells the answer before the callback is delivered', async (t) => {
    await runSteps(t, { callback: [LATER] }, async ({ server, taskQueue }) => {
      const run = await startAgentRun(server.client, 'Review it', { agent: 'demo', taskQueue, callback: CALLBACK });
      assert.deepEqual(await run.answered(), ANSWER);
      const facts = await readRun(server.client, run.id, 'default');
      const { source, status, callback, output } = toRunResource(facts ?? assert.fail('no run'), {});
      assert.deepEqual([source, status, output, callback.url], ['code', 'completed', ANSWER.output, CALLBACK]);
      const { searchAttributes, ...described } = await run.workflow.describe();
      assert.deepEqual(searchAttributes['GarudustAgent'], ['demo']);
      assert.equal(await described.staticSummary(), 'Review it');
      await run.workflow.signal('redeliver', {});
      assert.equal((await run.delivered())?.statusCode, 200);
      assert.deepEqual(await run.answered(), ANSWER);
    });
  });

  test('means the same run by the same key, and refuses the key for another task', async (t) => {
    await runSteps(t, {}, async ({ server, taskQueue, activities }) => {
      const options = { agent: 'demo', taskQueue, key: randomUUID() };
      const first = await startAgentRun(server.client, 'Review it', options);
      await first.answered();
      const second = await startAgentRun(server.client, { text: 'Review it' }, options);
      assert.deepEqual([first.existed, second.existed, second.id], [false, true, first.id]);
      await assert.rejects(startAgentRun(server.client, 'Other', options), /was used for another task: use a new key/);
      assert.equal(activities.agentCalls.length, 1);
    });
  });

  test('tells why there is no answer, and keeps one whose callback died', async (t) => {
    const script = { agent: [{ fail: 'TaskRefused' as const }], callback: [{ fail: 'CallbackFailed' as const }] };
    await runSteps(t, script, async ({ server, taskQueue }) => {
      const common = { agent: 'demo', taskQueue };
      const failed = await startAgentRun(server.client, 'Review it', common);
      await assert.rejects(failed.answered(), (error) => {
        return error instanceof ApplicationFailure && error.type === 'TaskRefused';
      });
      const callback = { url: CALLBACK, retryDelaysMs: [], deadLetterMs: 100 };
      const dead = await startAgentRun(server.client, 'Review it', { ...common, callback });
      assert.deepEqual(await dead.answered(), ANSWER);
      await assert.rejects(dead.delivered(), (error) => {
        assert.ok(error instanceof WorkflowFailedError);
        assert.deepEqual(undeliveredAnswer(error), ANSWER);
        return true;
      });
    });
  });

  test('refuses what is no task, before anything is started', async () => {
    const { client } = await connectToTestServer();
    const start = (task: Task, agent = 'demo'): Promise<unknown> => startAgentRun(client, task, { agent });
    await assert.rejects(start({ text: ' ' }), /^TypeError: task\.text is missing or empty/);
    await assert.rejects(start({ text: 'x' }, ''), /^TypeError: agent is missing or empty/);
    const misspelt = { text: 'x', session_key: 's' };
    await assert.rejects(start(misspelt), /^TypeError: task\.session_key is not a known field: write sessionKey\.$/);
    await assert.rejects(start({ text: 'x'.repeat(2_100_000) }), /^TypeError: The task has \d+ bytes as JSON/);
  });
});
