import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { eventText, SOURCE_SAMPLES, type SourceSample } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';

function sample(name: string): SourceSample {
  const found = SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

describe('a handshake starts nothing:', () => {
  test('Slack gets its challenge back, if it has signed it', async (t) => {
    const source = await startSource(t, sample('slack'));
    const body = eventText('slack-url-verification.json');
    const response = await source.send({ body });
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' });
    assert.equal((await source.send({ body, secret: 'other' })).status, 401);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test("Slack's check of its slash commands, and its word that it sends less, are ignored", async (t) => {
    const source = await startSource(t, sample('slack'));
    const contentType = 'application/x-www-form-urlencoded';
    const check = await source.send({ body: 'ssl_check=1&token=x', contentType });
    assert.deepEqual([check.status, await check.json()], [200, { ignored: 'ssl_check' }]);
    const limited = await source.send({
      body: '{"token":"x","type":"app_rate_limited","minute_rate_limited":1518467820}',
    });
    assert.deepEqual([limited.status, await limited.json()], [200, { ignored: 'app_rate_limited' }]);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('a ping of GitHub is ignored, whatever the filter says', async (t) => {
    const source = await startSource(t, sample('github'), { filter: { 'event.action': 'opened' }, events: ['push'] });
    const response = await source.send({ body: eventText('github-ping.json'), headers: { 'X-GitHub-Event': 'ping' } });
    assert.deepEqual([response.status, await response.json()], [200, { ignored: 'ping' }]);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('a sender of CloudEvents is told that it may come, at the rate that it asks for', async (t) => {
    const { ingress } = await startSource(t, sample('cloudevents, structured'));
    const ask = (headers: Record<string, string>) =>
      fetch(`${ingress.url}/hooks/cloudevents`, { method: 'OPTIONS', headers });
    const granted = await ask({ 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' });
    assert.equal(granted.status, 200);
    assert.equal(granted.headers.get('webhook-allowed-origin'), 'eventemitter.example.com');
    assert.equal(granted.headers.get('webhook-allowed-rate'), '120');
    assert.match(granted.headers.get('allow') ?? '', /POST/);
    for (const rate of ['', '0', '-1', 'many', '1e9']) {
      const any = await ask({ 'WebHook-Request-Origin': 'a.example', 'WebHook-Request-Rate': rate });
      assert.equal(any.headers.get('webhook-allowed-rate'), '*', rate);
    }
    const other = await ask({});
    assert.deepEqual([other.status, other.headers.get('webhook-allowed-origin')], [200, null]);
    const odd = await ask({ 'WebHook-Request-Origin': 'a.example, <b>' });
    assert.deepEqual([odd.status, odd.headers.get('webhook-allowed-origin')], [422, null]);
  });

  test('OPTIONS of any other source is 405', async (t) => {
    const { ingress } = await startSource(t, sample('github'));
    const response = await fetch(`${ingress.url}/hooks/github`, {
      method: 'OPTIONS',
      headers: { 'WebHook-Request-Origin': 'a.example' },
    });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST']);
    assert.equal(response.headers.get('webhook-allowed-origin'), null);
  });
});

describe('unless its operator says otherwise,', () => {
  test('Slack is not answered to what bots say', async (t) => {
    const source = await startSource(t, sample('slack'));
    const response = await source.send({ body: eventText('slack-bot-message.json') });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ignored: 'event.event.bot_id does not match the filter' }],
    );
  });

  for (const preset of ['alertmanager', 'grafana']) {
    test(`a resolved alert of ${preset} is ignored`, async (t) => {
      const source = await startSource(t, sample(preset));
      const body = sample(preset).body.replaceAll('"firing"', '"resolved"');
      const response = await source.send({ body });
      assert.deepEqual(
        [response.status, await response.json()],
        [200, { ignored: 'event.status does not match the filter' }],
      );
    });
  }
});

test('an event of a type that is not wanted is ignored', async (t) => {
  const source = await startSource(t, sample('stripe'), { events: ['invoice.*', 'charge.failed'] });
  assert.equal((await source.send()).status, 202);
  for (const [type, ignored] of [
    ['charge.failed', false],
    ['charge.failed.twice', true],
    ['invoic', true],
    ['customer.created', true],
    [null, true],
  ] as const) {
    const body = JSON.stringify({ ...(JSON.parse(sample('stripe').body) as object), id: `evt_${type}`, type });
    const response = await source.send({ body });
    assert.equal(response.status, ignored ? 200 : 202, String(type));
    if (ignored)
      assert.match(((await response.json()) as { ignored: string }).ignored, /^events (?:of the type|without a type)/);
  }
});

test('a slash command is answered as Slack wants it, a repeat too', async (t) => {
  const source = await startSource(t, sample('slack, a slash command'));
  for (const replayed of [null, 'true']) {
    const response = await source.send();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('idempotent-replayed'), replayed);
    const { runId } = source.ingress.runs.started[0] ?? { runId: '' };
    assert.deepEqual(await response.json(), { response_type: 'ephemeral', text: `Accepted as ${runId}.` });
  }
});

test("a button's press is answered with nothing that Slack would show", async (t) => {
  const source = await startSource(t, sample('slack'), { map: { text: 'Do {{ event.actions[0].value }}' } });
  const payload = {
    type: 'block_actions',
    token: 'x',
    trigger_id: '1.2.3',
    user: { id: 'U1' },
    actions: [{ value: 'it' }],
  };
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const response = await source.send({ body, contentType: 'application/x-www-form-urlencoded' });
  assert.deepEqual([response.status, await response.json()], [200, {}]);
  assert.deepEqual(source.ingress.runs.started[0]?.input.task, { text: 'Do it', userId: 'U1' });
});

test('a form that has one field twice is refused, for which of them counts nobody can tell', async (t) => {
  for (const [name, body] of [
    ['slack', 'command=%2Fask&text=a&text=b'],
    ['github', 'payload=%7B%7D&payload=%7B%22a%22%3A1%7D'],
  ] as const) {
    const source = await startSource(t, sample(name), { map: { text: 'x' } });
    const response = await source.send({ body, contentType: 'application/x-www-form-urlencoded' });
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [400, 'malformed_json']);
    assert.match(problem.detail, /^The form has the field "(?:text|payload)" twice/);
    assert.deepEqual(source.ingress.runs.calls, []);
  }
});
