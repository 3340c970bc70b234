import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

const at = (name: string): string => fileURLToPath(new URL(`../workflows/fixtures/own/${name}.ts`, import.meta.url));

describe("a run of a team's workflow", { concurrency: true }, () => {
  test('keeps a dead letter, which a redelivery sends again without a step', async (t) => {
    const stack = await startTestStack(t, {
      receiver: { failFirst: 1 },
      change: (config) => ({
        ...config,
        workflows: { triage: at('triage') },
        callback: { ...config.callback, retryDelays: [] },
      }),
    });
    const { start, get, url, callbacks, callbackUrl } = stack;
    const { id } = await start({ workflow: 'triage', text: 'x', callback_url: callbackUrl });
    await waitFor('the dead letter', async () => (await get(id)).callback.status === 'dead', 15_000);
    const dead = await get(id);
    assert.deepEqual([dead.status, dead.terminal, dead.steps?.length], ['completed', true, 2]);
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const sent = await fetch(`${url}/v1/runs/${id}/redeliver`, { method: 'POST', headers });
    assert.equal(sent.status, 202);
    await waitFor('its delivery', async () => (await get(id)).callback.status === 'delivered', 15_000);
    const last = callbacks.at(-1)?.body as Record<string, unknown>;
    assert.deepEqual([last['run_id'], last['text']], [id, dead.output]);
    assert.equal((await get(id)).steps?.length, 2);
  });

  test('is one run over its executions, with the callback that the first was given', async (t) => {
    const stack = await startTestStack(t, {
      change: (config) => ({ ...config, workflows: { counts: at('counts') } }),
    });
    const { start, get, callbacks, callbackUrl } = stack;
    const { id } = await start({ workflow: 'counts', input: { to: 3 }, callback_url: callbackUrl, user_id: 'u' });
    await waitFor('the callback', () => callbacks.length > 0, 20_000);
    const run = await get(id, 10);
    assert.deepEqual(
      [run.status, run.output, run.user_id, run.steps?.map((step) => step.id)],
      ['completed', '3', 'u', ['say-3']],
    );
    assert.equal(callbacks.length, 1);
  });

  test('that no worker serves says so after half a minute, and tells the caller', { timeout: 120_000 }, async (t) => {
    const worker = await startTestStack(t, {
      roles: { ingress: false, worker: true },
      change: (config) => ({ ...config, workflows: { triage: at('triage') } }),
    });
    const { start, get, callbacks, callbackUrl } = await startTestStack(t, {
      taskQueue: worker.taskQueue,
      roles: { ingress: true, worker: false },
      change: (config) => ({ ...config, workflows: { bad: at('bad') } }),
    });
    const began = performance.now();
    const { id } = await start({ workflow: 'bad', text: 'error', callback_url: callbackUrl });
    await waitFor('its end', async () => (await get(id, 20)).terminal, 100_000);
    const run = await get(id);
    t.diagnostic(`said so after ${Math.round((performance.now() - began) / 1000)} s`);
    const message = 'No worker of the task queue serves the workflow "bad".';
    assert.deepEqual([run.status, run.error], ['failed', { code: 'UnknownWorkflow', message }]);
    await waitFor('the callback', () => callbacks.length === 1, 15_000);
  });
});
