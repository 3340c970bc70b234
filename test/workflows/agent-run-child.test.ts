import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { isRunId } from '../../src/contract/run-id-form.ts';
import { listRuns, type RunPage } from '../../src/runs/list-runs.ts';
import { EndedRuns } from '../../src/runs/ended-runs.ts';
import { readRun } from '../../src/runs/read-run.ts';
import { toRunResource } from '../../src/runs/run-kinds.ts';
import { EVENTS } from '../support/run-costs.ts';
import { runSteps, type StepsAtWork } from '../support/run-steps.ts';
import type { Step } from '../support/scripted-activities.ts';
import { waitFor } from '../support/wait-for.ts';

const URL_OF_CALLBACK = 'https://ci.example.com/done';
const LATER: Step = { retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 };
const DYING = { url: URL_OF_CALLBACK, retryDelaysMs: [], deadLetterMs: 200 };
const ANSWER = { output: 'done: Review it', usage: { inputTokens: 7 } };

interface Answered {
  readonly runId: string;
}

/** The run that a parent started, as its history tells. */
async function childOf(handle: WorkflowHandle): Promise<string> {
  const { events } = await handle.fetchHistory();
  const started = events?.flatMap((event) => event.startChildWorkflowExecutionInitiatedEventAttributes ?? [])[0];
  return started?.workflowId ?? assert.fail('no child was started');
}

describe('a run as a child', () => {
  test('is one that the API reads and lists, with its parent', async (t) => {
    await runSteps(t, {}, async ({ server, start }) => {
      const client = `client-${Date.now()}`;
      const handle = await start('parent', [{ client, callback: URL_OF_CALLBACK }]);
      const { runId, ...answer } = (await handle.result()) as Answered & { callback: { statusCode: number } };
      assert.ok(isRunId(runId), runId);
      assert.equal(answer.callback.statusCode, 200);
      const facts = await readRun(server.client, runId, client);
      const run = toRunResource(facts ?? assert.fail('not a run of the client'), {});
      assert.deepEqual(
        [run.status, run.output, run.agent?.name, run.source, run.callback.status],
        ['completed', ANSWER.output, 'demo', 'workflow', 'delivered'],
      );
      const child = await server.client.workflow.getHandle(runId).describe();
      assert.equal(await child.staticSummary(), 'Review it');
      assert.equal(child.parentExecution?.workflowId, handle.workflowId);
      assert.equal(child.historyLength, EVENTS.withoutFirstTry, 'the happy path costs no event more');
      const list = (): Promise<RunPage> =>
        listRuns(server.client, { client, filter: {}, limit: 10 }, { ended: new EndedRuns(), links: {} });
      // The store of lists is some tenths of a second behind.
      while ((await list()).runs[0]?.id !== runId) await sleep(50);
    });
  });

  test('gives its answer at once where the parent does not wait for its callback, and delivers on when it has closed', async (t) => {
    await runSteps(t, { callback: [LATER] }, async ({ server, start, activities }) => {
      const handle = await start('parent', [{ callback: URL_OF_CALLBACK, waitForCallback: false }]);
      const { runId, ...answer } = (await handle.result()) as Answered;
      assert.deepEqual(answer, ANSWER);
      const child = server.client.workflow.getHandle(runId);
      assert.equal((await child.describe()).status.name, 'RUNNING');
      await waitFor('the first attempt', () => activities.deliveries.length === 1, 15_000);
      await child.signal('redeliver', {});
      assert.equal(((await child.result()) as typeof ANSWER).output, ANSWER.output);
    });
  });

  test('tells a failure of its agent, a cancel of its parent, and a cancel of its own', async (t) => {
    const parentOf = async ({ start }: StepsAtWork): Promise<WorkflowHandle> =>
      start('parent', [{ callback: URL_OF_CALLBACK, waitForCallback: false }]);
    await runSteps(t, { agent: [{ fail: 'TaskRefused' }] }, async (at) => {
      assert.deepEqual(await (await parentOf(at)).result(), { code: 'TaskRefused' });
    });
    await runSteps(t, { agent: ['hang'] }, async (at) => {
      const handle = await parentOf(at);
      await waitFor('the agent to be asked', () => at.activities.agentCalls.length === 1, 15_000);
      const runId = await childOf(handle);
      await handle.cancel();
      await assert.rejects(handle.result());
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
      await assert.rejects(at.server.client.workflow.getHandle(runId).result());
      assert.equal(at.activities.deliveries[0]?.outcome?.status, 'canceled');
    });
    await runSteps(t, { agent: ['hang'] }, async (at) => {
      const handle = await parentOf(at);
      await waitFor('the agent to be asked', () => at.activities.agentCalls.length === 1, 15_000);
      await at.server.client.workflow.getHandle(await childOf(handle)).cancel();
      await assert.rejects(handle.result());
    });
  });

  test('does not take the paid answer with it when its callback dies', async (t) => {
    await runSteps(t, { callback: [{ fail: 'CallbackFailed', statusCode: 503 }] }, async ({ start }) => {
      const handle = await start('parent', [{ callback: DYING }]);
      assert.deepEqual(await handle.result(), { code: 'CallbackUndeliverable', paid: ANSWER });
    });
  });
});
