import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentMetrics } from '../../src/activities/agent/attempt-report.ts';
import type { CallbackMetrics } from '../../src/activities/callback/callback-attempt.ts';
import type { AppDeps } from '../../src/ingress/app.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { METRICS } from '../../src/telemetry/metrics-table.ts';
import { parsePrometheusText, type Sample } from './parse-prometheus-text.ts';

const create = (): Metrics =>
  createMetrics({ processMetrics: false, agentFaults: ['AgentUnreachable'], version: '1.2.3' });

async function samplesOf(metrics: Metrics, name: string): Promise<readonly Sample[]> {
  return parsePrometheusText(await metrics.text()).filter((sample) => sample.name === name);
}

/** Calls every method, so that every metric has a value. */
function useAll(metrics: Metrics): void {
  metrics.requestAnswered({ route: '/webhook', method: 'POST', status: 202 }, 0.02);
  metrics.deliveryJudged({ result: 'accepted', client: 'ci', source: 'webhook' });
  metrics.eventIgnored({ source: 'github', why: 'filter' });
  metrics.runStarted({ client: 'ci', agent: 'garudust' });
  metrics.runFinished({ client: 'ci', agent: 'garudust', status: 'completed' }, 61);
  metrics.attemptEnded({ agent: 'garudust', outcome: 'answered' }, 42);
  metrics.tokensUsed({ client: 'ci', agent: 'garudust' }, { input: 812, output: 96, costUsd: 0.5 });
  metrics.permitsChanged({ agent: 'garudust' }, { taken: 3, waiting: 1 });
  metrics.callbackAttempted({ client: 'ci', outcome: 'delivered' }, 0.3);
  metrics.callbackDied();
  metrics.openRunsCounted('dead', { count: 2, oldestSeconds: 3600 });
  metrics.journalChanged(4);
  metrics.temporalAnswered(true);
}

test('the metrics fit what ingress and activities count', () => {
  const metrics = create();
  const fits: AppDeps['metrics'] & AgentMetrics & CallbackMetrics = metrics;
  assert.equal(fits, metrics);
});

test('the text parses, and has help and type for every metric of the table', async () => {
  const metrics = createMetrics({ version: '1.2.3' });
  useAll(metrics);
  const text = await metrics.text();
  const samples = parsePrometheusText(text);
  assert.ok(samples.length > 50);
  for (const { name, help, type } of Object.values(METRICS)) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n`), name);
    assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
  }
  assert.ok(samples.some(({ name }) => name === 'process_cpu_seconds_total'));
});

test('every metric of the table has a value once everything has happened, with exactly its labels', async () => {
  const metrics = createMetrics({ processMetrics: false, version: '1.2.3', agentFaults: [] });
  useAll(metrics);
  const samples = parsePrometheusText(await metrics.text());
  for (const { name, type, labels } of Object.values(METRICS)) {
    const found = samples.filter((sample) => sample.name === (type === 'histogram' ? `${name}_count` : name));
    const twice: readonly string[] = [METRICS.agentPermits.name, METRICS.tokens.name];
    assert.equal(found.length, twice.includes(name) ? 2 : 1, name);
    assert.deepEqual(Object.keys(found[0]?.labels ?? {}).toSorted(), [...labels].toSorted());
  }
});

test('requests are counted by route, method and status', async () => {
  const metrics = create();
  metrics.requestAnswered({ route: '/v1/runs/:id', method: 'GET', status: 200 }, 0.004);
  metrics.requestAnswered({ route: '/v1/runs/:id', method: 'GET', status: 200 }, 25);
  metrics.requestAnswered({ route: '/v1/runs/:id', method: 'GET', status: 404 }, 0.004);
  const labels = { route: '/v1/runs/:id', method: 'GET' };
  assert.deepEqual(await samplesOf(metrics, 'garudust_http_requests_total'), [
    { name: 'garudust_http_requests_total', labels: { ...labels, status: '200' }, value: 2 },
    { name: 'garudust_http_requests_total', labels: { ...labels, status: '404' }, value: 1 },
  ]);
  const buckets = await samplesOf(metrics, 'garudust_http_request_duration_seconds_bucket');
  assert.equal(buckets.find((sample) => sample.labels['le'] === '0.005')?.value, 2);
  assert.equal(buckets.find((sample) => sample.labels['le'] === '30')?.value, 3);
});

test('a refused delivery has its code, and no client where none is known', async () => {
  const metrics = create();
  metrics.deliveryJudged({ result: 'refused', source: 'webhook', code: 'signature_invalid' });
  metrics.deliveryJudged({ result: 'duplicate', client: 'ci', source: 'webhook' });
  assert.deepEqual(
    (await samplesOf(metrics, 'garudust_webhooks_total')).map(({ labels }) => labels),
    [
      { client: 'none', source: 'webhook', result: 'refused', code: 'signature_invalid' },
      { client: 'ci', source: 'webhook', result: 'duplicate', code: '' },
    ],
  );
});

describe('agents', () => {
  test('that take seconds and an hour fall into buckets of their own', async () => {
    const metrics = create();
    for (const seconds of [0.3, 8, 400, 3500]) metrics.attemptEnded({ agent: 'a', outcome: 'answered' }, seconds);
    const buckets = await samplesOf(metrics, 'garudust_agent_attempt_duration_seconds_bucket');
    const upTo = (le: string): number | undefined => buckets.find((sample) => sample.labels['le'] === le)?.value;
    assert.deepEqual([upTo('0.5'), upTo('10'), upTo('600'), upTo('3600')], [1, 2, 3, 4]);
  });

  test('that were not called have no duration', async () => {
    const metrics = create();
    metrics.attemptEnded({ agent: 'a', outcome: 'InvalidInput' }, 0);
    assert.deepEqual(await samplesOf(metrics, 'garudust_agent_attempt_duration_seconds_count'), []);
    assert.equal((await samplesOf(metrics, 'garudust_agent_attempts_total'))[0]?.value, 1);
  });

  test('are healthy from an answer to a fault of their own, and unknown before', async () => {
    const metrics = create();
    const health = async (): Promise<number | undefined> =>
      (await samplesOf(metrics, 'garudust_agent_healthy'))[0]?.value;
    assert.equal(await health(), undefined);
    metrics.attemptEnded({ agent: 'a', outcome: 'answered' }, 1);
    assert.equal(await health(), 1);
    metrics.attemptEnded({ agent: 'a', outcome: 'AgentUnreachable' }, 0);
    assert.equal(await health(), 0);
    metrics.attemptEnded({ agent: 'a', outcome: 'canceled' }, 1);
    assert.equal(await health(), 0);
    metrics.attemptEnded({ agent: 'a', outcome: 'answered' }, 1);
    assert.equal(await health(), 1);
    metrics.attemptEnded({ agent: 'a', outcome: 'AgentUnreachable' }, 0);
    metrics.agentReachedAgain({ agent: 'a' });
    assert.equal(await health(), 1);
  });
});

test('tokens are those that the agent reported', async () => {
  const metrics = create();
  metrics.tokensUsed({ client: 'ci', agent: 'a' }, {});
  assert.deepEqual(await samplesOf(metrics, 'garudust_tokens_total'), []);
  metrics.tokensUsed({ client: 'ci', agent: 'a' }, { input: 3 });
  metrics.tokensUsed({ client: 'ci', agent: 'a' }, { input: 4 });
  assert.deepEqual(await samplesOf(metrics, 'garudust_tokens_total'), [
    { name: 'garudust_tokens_total', labels: { client: 'ci', agent: 'a', type: 'input' }, value: 7 },
  ]);
});

test('a client or an agent that is not configured is no label, and no news of an agent', async () => {
  const metrics = createMetrics({
    processMetrics: false,
    agentFaults: ['AgentMisconfigured'],
    configured: { agents: ['main'], clients: ['ci'] },
  });
  const strange = { client: 'stranger', agent: 'nope' };
  metrics.deliveryJudged({ ...strange, result: 'accepted', source: 'webhook' });
  metrics.runStarted(strange);
  metrics.runFinished({ ...strange, status: 'failed' }, 1);
  metrics.attemptEnded({ ...strange, outcome: 'AgentMisconfigured' }, 1);
  metrics.tokensUsed(strange, { input: 1, output: 1, costUsd: 0.5 });
  metrics.callbackAttempted({ ...strange, outcome: 'delivered' }, 1);
  const text = await metrics.text();
  assert.ok(!/nope|stranger/.test(text), text);
  assert.ok(text.includes('garudust_runs_finished_total{client="none",agent="none",status="failed"} 1\n'));
  assert.deepEqual(await samplesOf(metrics, 'garudust_agent_healthy'), []);
  metrics.attemptEnded({ agent: 'main', outcome: 'AgentMisconfigured' }, 0);
  assert.equal((await samplesOf(metrics, 'garudust_agent_healthy'))[0]?.labels['agent'], 'main');
});

test('what is not known yet is not shown as 0', async () => {
  const metrics = create();
  const before = (await metrics.text()).split('\n').filter((line) => !line.startsWith('#'));
  assert.ok(!before.some((line) => /journal_entries|temporal_available/.test(line)));
  assert.ok(before.includes('garudust_callbacks_dead_total 0'));
  metrics.temporalAnswered(false);
  metrics.journalChanged(0);
  assert.equal((await samplesOf(metrics, 'garudust_temporal_available'))[0]?.value, 0);
  assert.equal((await samplesOf(metrics, 'garudust_journal_entries'))[0]?.value, 0);
});

test('open runs of a state that is no longer known have no value', async () => {
  const metrics = create();
  metrics.openRunsCounted('dead', { count: 2, oldestSeconds: 3600 });
  metrics.openRunsCounted('active', { count: 0, oldestSeconds: 0 });
  metrics.openRunsCounted('dead', undefined);
  for (const name of ['garudust_open_runs', 'garudust_oldest_open_run_seconds']) {
    assert.deepEqual(await samplesOf(metrics, name), [{ name, labels: { state: 'active' }, value: 0 }]);
  }
});

test('a failed callback has the class of its error', async () => {
  const metrics = create();
  metrics.callbackAttempted({ client: 'ci', outcome: 'failed', errorClass: 'dns' }, 0.1);
  const [sample] = await samplesOf(metrics, 'garudust_callback_attempts_total');
  assert.deepEqual(sample?.labels, { client: 'ci', outcome: 'failed', error_class: 'dns' });
});

test('two of them do not share their counts', async () => {
  const [one, other] = [create(), create()];
  one.callbackDied();
  assert.equal((await samplesOf(other, 'garudust_callbacks_dead_total'))[0]?.value, 0);
});
