import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import type { AgentPolicySettings } from '../../src/agents/agent-policy-settings.ts';
import { type FakeGarudust, startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

async function startGarudust(t: TestContext): Promise<{ garudust: FakeGarudust; env: Record<string, string> }> {
  const garudust = await startFakeGarudust();
  t.after(() => garudust.close());
  return { garudust, env: { GARUDUST_URL: garudust.url, GARUDUST_API_KEY: garudust.apiKey ?? '' } };
}

function withPolicy(change: Partial<AgentPolicySettings>, worker: Partial<Config['worker']> = {}) {
  return (config: Config): Config => ({
    ...config,
    agents: config.agents.map((agent) => ({ ...agent, ...change })),
    worker: { ...config.worker, ...worker },
  });
}

describe('an answer that is there is not paid for twice', () => {
  test('with Temporal away past every timeout just as the agent finishes', async (t) => {
    const { garudust, env } = await startGarudust(t);
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    const taskQueue = uniqueTaskQueue(t);
    let release = (): void => undefined;
    const after = new Promise<void>((resolve) => (release = resolve));
    garudust.model.on('Think', { kind: 'answer', content: 'The one answer.', after });

    // The ingress has a way of its own to Temporal; only the worker's is cut.
    const change = withPolicy({ heartbeatTimeout: 5000 });
    const ingress = await startTestStack(t, { env, taskQueue, change, roles: { ingress: true, worker: false } });
    const worker = await startTestStack(t, {
      env,
      taskQueue,
      roles: { ingress: false, worker: true },
      address: proxy.address,
      change: withPolicy({}, { journalDir: temporaryFolder(t) }),
    });
    while (!(await worker.stack.ready())) await sleep(50);
    const { id } = await ingress.start({ text: 'Think', callback_url: worker.callbackUrl });
    await waitFor('the model to be asked', () => garudust.model.callsFor('Think').length === 1, 20_000);
    proxy.setMode('hang');
    release();
    // Longer than the SDK holds on to a completion (some 8 s) and than the heartbeat timeout.
    await sleep(15_000);
    proxy.setMode('refuse');
    await sleep(500);
    proxy.setMode('pass');
    const run = await ingress.get(id, 60);
    assert.deepEqual([run.status, run.output], ['completed', 'The one answer.']);
    assert.equal(garudust.model.callsFor('Think').length, 1);
    await waitFor('the callback', () => worker.callbacks.length === 1, 30_000);
  });
});

describe('a worker that stops hands its work on', () => {
  test('at once, and without using up an attempt', async (t) => {
    const { garudust, env } = await startGarudust(t);
    const taskQueue = uniqueTaskQueue(t);
    const change = withPolicy({ maxAttempts: 1 }, { shutdownGrace: 200 });
    const first = await startTestStack(t, { env, taskQueue, change });
    garudust.model.on('Think', { kind: 'hang' });
    const { id } = await first.start({ text: 'Think' });
    await waitFor('the model to be asked', () => garudust.model.callsFor('Think').length === 1, 10_000);
    await first.stack.drain();
    garudust.model.on('Think', { kind: 'answer', content: 'Answered by the second.' });
    const began = Date.now();
    const second = await startTestStack(t, { env, taskQueue, change });
    const run = await second.get(id, 20);
    assert.deepEqual([run.error, run.output], [undefined, 'Answered by the second.']);
    assert.ok(Date.now() - began < 15_000, 'the next worker waited for a timeout');
  });

  test('an agent that ends within the grace is not interrupted', async (t) => {
    const { garudust, env } = await startGarudust(t);
    const { start, stack, taskQueue } = await startTestStack(t, { env });
    const after = sleep(1500);
    garudust.model.on('Think', { kind: 'answer', content: 'In time.', after });
    const { id } = await start({ text: 'Think' });
    await waitFor('the model to be asked', () => garudust.model.callsFor('Think').length === 1, 10_000);
    await stack.drain();
    const { get } = await startTestStack(t, { env, taskQueue });
    assert.equal((await get(id, 20)).output, 'In time.');
    assert.equal(garudust.model.callsFor('Think').length, 1);
  });
});

describe('an agent at fault', () => {
  test('does not use up the attempts of a task, and the run says what is wrong', async (t) => {
    const { env } = await startGarudust(t);
    const { start, get } = await startTestStack(t, { env: { ...env, GARUDUST_API_KEY: 'another-key' } });
    const { id } = await start({ text: 'Think' });
    let run = await get(id);
    for (let tries = 0; tries < 50 && run.agent?.last_error === undefined; tries += 1) {
      await sleep(100);
      run = await get(id);
    }
    assert.equal(run.status, 'running');
    assert.match(run.agent?.last_error ?? '', /GARUDUST_API_KEY/);
    assert.ok(Date.parse(run.agent?.next_attempt_at ?? '') > Date.now() + 20_000);
  });
});
