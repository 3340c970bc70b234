import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { SOURCE_SAMPLES, type SourceSample } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';

function sample(name: string): SourceSample {
  const found = SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

test('app_mention and message of one text in Slack are one run', async (t) => {
  const source = await startSource(t, sample('slack'));
  const mention = JSON.parse(sample('slack').body) as { event: object };
  const message = { ...mention, event_id: 'Ev0OTHER', event: { ...mention.event, type: 'message' } };
  assert.equal((await source.send()).status, 202);
  const second = await source.send({ body: JSON.stringify(message) });
  assert.deepEqual([second.status, second.headers.get('idempotent-replayed')], [202, 'true']);
  const later = { ...message, event: { ...message.event, ts: '1515449600.000001' } };
  await source.send({ body: JSON.stringify(later) });
  assert.equal(source.ingress.runs.started.length, 2);
});

test('both of an Alertmanager pair report one alert, which is one run', async (t) => {
  const source = await startSource(t, sample('alertmanager'));
  const alert = JSON.parse(sample('alertmanager').body) as { alerts: object[] };
  assert.equal((await source.send()).status, 202);
  const twin = {
    ...alert,
    externalURL: 'http://alertmanager-1:9093',
    alerts: alert.alerts.map((one) => ({ ...one, generatorURL: 'http://prometheus-1:9090/graph' })),
  };
  const second = await source.send({ body: JSON.stringify(twin) });
  assert.deepEqual([second.status, second.headers.get('idempotent-replayed')], [202, 'true']);
  await source.send({
    body: JSON.stringify({ ...twin, alerts: [{ ...twin.alerts[0], startsAt: '2027-01-01T00:00:00Z' }] }),
  });
  assert.equal(source.ingress.runs.started.length, 2);
});

test('what may differ without an id is named by the operator', async (t) => {
  const source = await startSource(t, sample('generic'), {
    signing: { header: 'X-CI-Signature', prefix: 'v1=', encoding: 'base64' },
    delivery_id: '{{ body_sha256 }}',
    volatile_fields: ['attempt', 'meta.sent_at'],
  });
  const event = JSON.parse(sample('generic').body) as object;
  for (const attempt of [1, 2]) {
    await source.send({ body: JSON.stringify({ ...event, attempt, meta: { sent_at: attempt, n: 1 } }) });
  }
  assert.equal(source.ingress.runs.started.length, 1);
  await source.send({ body: JSON.stringify({ ...event, attempt: 3, meta: { sent_at: 3, n: 2 } }) });
  assert.equal(source.ingress.runs.started.length, 2);
});

test('a delivery of one id is one run, whatever its bytes are, and log and counts say that they differ', async (t) => {
  const metrics = createMetrics({ processMetrics: false });
  const source = await startSource(t, sample('stripe'), { map: { text: '{{ event | json }}' } }, { metrics });
  const event = JSON.parse(sample('stripe').body) as object;
  assert.equal((await source.send()).status, 202);
  const differs: unknown[] = [];
  for (const change of [{ pending_webhooks: 0 }, { livemode: true }]) {
    const retry = await source.send({ body: JSON.stringify({ ...event, ...change }) });
    assert.deepEqual([retry.status, retry.headers.get('idempotent-replayed')], [202, 'true']);
    differs.push(source.ingress.logs.findLast(({ message }) => message === 'request')?.fields['body_differs']);
  }
  assert.deepEqual(differs, [undefined, true], 'what is known to change does not differ');
  assert.equal(source.ingress.runs.started.length, 1);
  const counted = (await metrics.text()).split('\n').filter((line) => line.startsWith('garudust_webhooks_total{'));
  assert.deepEqual(counted.map((line) => line.replace(/.*(result="\w+",code="\w*").*(\d+)$/, '$1 $2')).toSorted(), [
    'result="accepted",code="" 1',
    'result="duplicate",code="" 1',
    'result="duplicate",code="body_differs" 1',
  ]);
});

test('a delivery of one id and another content is a conflict where the operator wants it', async (t) => {
  const source = await startSource(t, sample('stripe'), {
    identity: 'strict',
    volatile_fields: ['data.object.status'],
  });
  const event = JSON.parse(sample('stripe').body) as { data: { object: object } };
  const withStatus = (status: string): string =>
    JSON.stringify({ ...event, data: { ...event.data, object: { ...event.data.object, status } } });
  assert.equal((await source.send({ body: withStatus('open') })).status, 202);
  assert.equal((await source.send({ body: withStatus('void') })).headers.get('idempotent-replayed'), 'true');
  const other = await source.send({ body: JSON.stringify({ ...event, livemode: true }) });
  assert.equal(other.status, 409);
  assert.equal(source.ingress.runs.started.length, 1);
});
