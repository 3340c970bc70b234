import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_AGENT_POLICY } from '../../src/contract/agent-policy.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import type { AgentRunInput } from '../../src/contract/run.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const create = (): Metrics =>
  createMetrics({
    processMetrics: false,
    agentFaults: ['AgentMisconfigured'],
    configured: { agents: ['demo'], clients: ['default'] },
  });

test('a run is counted from its start to its callback, by client and agent', async (t) => {
  const metrics = create();
  const { start, get, callbackUrl, callbacks, stack } = await startTestStack(t, { metrics });
  const { id } = await start({ text: 'demo: tokens 500', callback_url: callbackUrl });
  assert.equal((await get(id, 30)).status, 'completed');
  await waitFor('the callback', () => callbacks.length === 1);
  const text = await (await fetch(`${stack.adminUrl}/metrics`)).text();
  for (const line of [
    'garudust_runs_started_total{client="default",agent="demo"} 1',
    'garudust_runs_finished_total{client="default",agent="demo",status="completed"} 1',
    'garudust_run_duration_seconds_count{agent="demo",status="completed"} 1',
    'garudust_tokens_total{client="default",agent="demo",type="output"} 500',
    'garudust_callback_attempts_total{client="default",outcome="delivered",error_class=""} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} not in:\n${text}`);
  }
});

test("an agent and a client that somebody's workflow made up are names nowhere", async (t) => {
  const metrics = create();
  const { stack, url, taskQueue } = await startTestStack(t, { metrics });
  const { client } = await connectToTestServer();
  const input: AgentRunInput = {
    task: { text: 'Hi' },
    client: 'stranger',
    source: 'webhook',
    agent: 'nope',
    agentPolicy: { ...DEFAULT_AGENT_POLICY, totalTimeoutMs: 3000 },
  };
  const workflowId = randomRunId();
  await assert.rejects(client.workflow.execute('agentRun', { workflowId, taskQueue, args: [input] }));
  const pages = [`${stack.adminUrl}/metrics`, `${stack.adminUrl}/readyz`, `${url}/readyz`];
  const [counted = '', ...others] = await Promise.all(pages.map(async (page) => (await fetch(page)).text()));
  assert.match(counted, /garudust_agent_attempts_total\{agent="none",outcome="UnknownAgent"\} 1/);
  assert.match(counted, /garudust_runs_finished_total\{client="none",agent="none",status="(?:failed|timed_out)"\} 1\n/);
  for (const page of [counted, ...others]) assert.ok(!/nope|stranger/.test(page), page);
  assert.ok(!/^garudust_agent_healthy\{/m.test(counted));
});

test('a dead letter is counted as long as it is open', async (t) => {
  const metrics = create();
  const { start, callbackUrl, stack } = await startTestStack(t, {
    metrics,
    receiver: { status: 500 },
    change: (config) => ({ ...config, callback: { ...config.callback, retryDelays: [] } }),
  });
  const { client } = await connectToTestServer();
  const { id } = await start({ text: 'Hi', callback_url: callbackUrl });
  t.after(() => client.workflow.getHandle(id).terminate());
  const query = `WorkflowId = '${id}' AND GarudustCallback = 'dead'`;
  while ((await client.workflow.count(query)).count === 0) await sleep(100);
  const text = await (await fetch(`${stack.adminUrl}/metrics`)).text();
  const [, dead] = /^garudust_open_runs\{state="dead"\} (\d+)$/m.exec(text) ?? [];
  assert.ok(Number(dead) >= 1, text);
  assert.match(text, /^garudust_oldest_open_run_seconds\{state="dead"\} \d+$/m);
});
