import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import { sign } from '@octokit/webhooks-methods';
import { CloudEvent, HTTP } from 'cloudevents';
import twilio from 'twilio';
import { createKeepSecret, PostedSecrets } from '../../src/ingress/tasks/posted-secrets.ts';
import { findPreset } from '../../src/sources/presets.ts';
import { runCli } from '../support/run-cli.ts';
import { SOURCE_SAMPLES, type SourceSample } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';
import { SENDERS_URL, VENDOR_SAMPLES } from '../support/vendor-samples.ts';

function sample(name: string): SourceSample {
  const found = VENDOR_SAMPLES[name] ?? SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

function hmac(secret: string, content: string): string {
  return createHmac('sha256', secret).update(content).digest('hex');
}

describe('with the own library of the sender:', () => {
  test('every example event of GitHub, signed by octokit, is one run or is ignored', async (t) => {
    const limits = { body: 25 * 1_048_576 };
    const { ingress } = await startSource(t, sample('github'), {}, { limits });
    let [sent, started] = [0, 0];
    for (const { name, examples: events } of examples as { name: string; examples: object[] }[]) {
      for (const event of events) {
        const body = JSON.stringify(event);
        sent += 1;
        const response = await fetch(`${ingress.url}/hooks/github`, {
          method: 'POST',
          body,
          headers: {
            'Content-Type': 'application/json',
            'X-GitHub-Event': name,
            'X-GitHub-Delivery': `d-${sent}`,
            'X-Hub-Signature-256': await sign('github-secret', body),
          },
        });
        const text = await response.text();
        assert.equal(response.status, name === 'ping' ? 200 : 202, `${name}: ${text}`);
        if (response.status === 202) started += 1;
      }
    }
    assert.equal(sent, 329);
    assert.equal(ingress.runs.started.length, started);
  });

  test('Linear agrees, and its time is at most 60 s off', async (t) => {
    const client = new LinearWebhookClient('linear-secret');
    const { name, preset, secret = [], client: owner } = sample('linear').options;
    const own = { ...sample('linear'), options: { name, preset: preset ?? '', secret, client: owner } };
    const source = await startSource(t, own);
    for (const [off, status] of [
      [0, 200],
      [-70_000, 401],
      [70_000, 401],
    ] as const) {
      const event = { ...(JSON.parse(own.body) as object), webhookTimestamp: Date.now() + off };
      const body = JSON.stringify(event);
      if (status === 200) {
        assert.ok(client.verify(Buffer.from(body), hmac('linear-secret', body), event.webhookTimestamp));
      }
      assert.equal((await source.send({ body })).status, status, `${off}`);
    }
  });

  test('CloudEvents, in both modes, are what its SDK sends', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), { map: { text: '{{ event.data.a }}' } });
    const event = new CloudEvent({ id: 'e-1', source: '/s', type: 'made', data: { a: 'one' } });
    for (const { headers, body } of [HTTP.structured(event), HTTP.binary(event)]) {
      const { 'content-type': contentType, ...rest } = headers as Record<string, string>;
      const response = await source.send({ body: String(body), contentType: contentType ?? '', headers: rest });
      assert.equal(response.status, 202, await response.text());
    }
    assert.equal(source.ingress.runs.started.length, 1, 'one event in two modes');
  });

  test('Twilio agrees, and its signature for another URL is refused', async (t) => {
    const { body } = sample('twilio');
    const params = Object.fromEntries(new URLSearchParams(body));
    const source = await startSource(t, sample('twilio'));
    for (const [url, status] of [
      [`${SENDERS_URL}twilio`, 204],
      ['https://evil.example/hooks/twilio', 401],
    ] as const) {
      const signature = twilio.getExpectedTwilioSignature('twilio-secret', url, params);
      const headers = {
        'X-Twilio-Signature': signature,
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'https',
      };
      assert.equal((await source.send({ headers })).status, status, url);
    }
  });
});

describe('the handshake of', () => {
  test('Meta', async (t) => {
    const { ingress } = await startSource(t, sample('meta'));
    const ask = (token: string) =>
      fetch(`${ingress.url}/hooks/meta?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`);
    const good = await ask('meta-verify-token');
    assert.deepEqual([good.status, await good.text()], [200, '1158201444']);
    assert.equal((await ask('other')).status, 403);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('Zoom', async (t) => {
    const source = await startSource(t, sample('zoom'));
    const plainToken = 'qgg8vlvZRS6UYooatFL8Aw';
    const body = JSON.stringify({ payload: { plainToken }, event_ts: 1654503849680, event: 'endpoint.url_validation' });
    const response = await source.send({ body });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { plainToken, encryptedToken: hmac('zoom-secret', plainToken) }],
    );
    assert.equal((await source.send({ body, secret: 'other' })).status, 401);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('Azure Event Grid, and each event of a batch is a run', async (t) => {
    const source = await startSource(t, sample('event-grid'));
    const validation = [
      {
        id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
        topic: '/subscriptions/x',
        eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
        data: { validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' },
      },
    ];
    const response = await source.send({ body: JSON.stringify(validation) });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' }],
    );
    const deleted = { ...validation[0], eventType: 'Microsoft.EventGrid.SubscriptionDeletedEvent', data: {} };
    assert.equal((await source.send({ body: JSON.stringify([deleted]) })).status, 200);
    assert.deepEqual(source.ingress.runs.calls, []);
    const [event] = JSON.parse(sample('event-grid').body) as [object];
    const batch = [event, { ...event, id: 'two' }, event];
    const runs = (await (await source.send({ body: JSON.stringify(batch) })).json()) as { runs: { id: string }[] };
    assert.equal(runs.runs.length, 3);
    assert.equal(new Set(runs.runs.map(({ id }) => id)).size, 2, 'one id is one run');
    const broken = [...batch.slice(0, 1), { id: 'x' }, 7];
    const source2 = await startSource(t, sample('event-grid'), { map: { text: '{{ event.subject }}' } });
    assert.equal((await source2.send({ body: JSON.stringify(broken) })).status, 422);
    assert.deepEqual(source2.ingress.runs.calls, [], 'all or nothing');
  });

  test('Asana, which tells its secret', async (t) => {
    const stateDir = await mkdtemp(join(tmpdir(), 'garudust-temporal-posted-'));
    t.after(() => rm(stateDir, { recursive: true }));
    const lines: string[] = [];
    const logger = { info: (fields: object, message: string) => void lines.push(JSON.stringify(fields) + message) };
    const keepSecret = createKeepSecret(new PostedSecrets(join(stateDir, 'garudust-temporal')), logger);
    const source = await startSource(t, sample('asana'), {}, { keepSecret });
    const response = await source.send({
      body: '{}',
      secret: 'none',
      headers: { 'X-Hook-Secret': 'b537207f20cbfa02357cf448134da559' },
    });
    assert.deepEqual(
      [response.status, response.headers.get('x-hook-secret')],
      [200, 'b537207f20cbfa02357cf448134da559'],
    );
    assert.doesNotMatch(await response.text(), /b537/);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /run `garudust-temporal sources secret asana`/);
    assert.doesNotMatch(JSON.stringify([lines, source.ingress.logs]), /b537/, 'no log has it');
    const folder = join(stateDir, 'garudust-temporal', 'posted-secrets', 'asana');
    const [file = ''] = await readdir(folder);
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    assert.doesNotMatch(file, /b537/);
    const show = () => runCli(['sources', 'secret', 'asana'], { env: { XDG_STATE_HOME: stateDir } });
    const shown = await show();
    assert.deepEqual([shown.code, shown.stdout], [0, 'b537207f20cbfa02357cf448134da559\n']);
    assert.match(shown.stderr, /Set it as the secret of asana and restart\. It is not shown again\./);
    const again = await show();
    assert.deepEqual([again.code, again.stdout], [2, '']);
    assert.match(again.stderr, /No secret of asana is kept here/);
    const heartbeat = await source.send({ body: '{"events":[]}' });
    assert.equal(heartbeat.status, 200);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('WooCommerce and Intercom', async (t) => {
    const shop = await startSource(t, sample('woocommerce'));
    const ping = {
      body: 'webhook_id=12',
      contentType: 'application/x-www-form-urlencoded',
      headers: { 'X-WC-Webhook-Signature': '' },
    };
    assert.equal((await shop.send(ping)).status, 200);
    const intercom = await startSource(t, sample('intercom'));
    assert.equal((await fetch(`${intercom.ingress.url}/hooks/intercom`, { method: 'HEAD' })).status, 200);
    assert.deepEqual([...shop.ingress.runs.calls, ...intercom.ingress.runs.calls], []);
  });
});

describe('one happening is one run:', () => {
  test('two orders of one second have the same delivery id of WooCommerce', async (t) => {
    const shop = await startSource(t, sample('woocommerce'));
    const other = sample('woocommerce').body.replace('"id": 727', '"id": 728');
    for (const body of [sample('woocommerce').body, other, other]) {
      assert.equal((await shop.send({ body })).status, 202);
    }
    const ids = shop.ingress.runs.started.map(({ runId }) => runId);
    assert.equal(new Set(ids).size, 2);
  });

  test('a changed association of HubSpot has two objects, and a retry another attempt', async (t) => {
    const source = await startSource(t, sample('hubspot'));
    const event = {
      eventId: 1,
      subscriptionId: 25,
      portalId: 33,
      occurredAt: 1462216307945,
      subscriptionType: 'contact.associationChange',
      attemptNumber: 0,
      associationType: 'CONTACT_TO_COMPANY',
      fromObjectId: 7,
      toObjectId: 8,
      associationRemoved: false,
    };
    for (const change of [{}, { attemptNumber: 1 }, { toObjectId: 9 }]) {
      assert.equal((await source.send({ body: JSON.stringify([{ ...event, ...change }]) })).status, 202);
    }
    const { started } = source.ingress.runs;
    assert.equal(new Set(started.map(({ runId }) => runId)).size, 2);
    assert.match(started[0]?.input.task.text ?? '', /^HubSpot sent contact\.associationChange of 7:/);
  });

  test('a message of Messenger, but not its echo, delivery or reading', async (t) => {
    const source = await startSource(t, sample('meta'));
    const [sender, recipient] = [{ id: '42' }, { id: '99' }];
    const send = (more: object) =>
      source.send({
        body: JSON.stringify({
          object: 'page',
          entry: [{ id: '99', messaging: [{ sender, recipient, timestamp: 1, ...more }] }],
        }),
      });
    const message = { mid: 'm_1', text: 'Is it open today?' };
    for (const more of [
      { message: { ...message, is_echo: true } },
      { delivery: { mids: ['m_1'], watermark: 1 } },
      { read: { watermark: 1 } },
    ]) {
      assert.equal((await send(more)).status, 200);
    }
    assert.deepEqual(source.ingress.runs.calls, []);
    assert.equal((await send({ message })).status, 200);
    const { userId, sessionKey, text } = source.ingress.runs.started[0]?.input.task ?? {};
    assert.deepEqual([userId, sessionKey, text?.split('\n')[0]], ['42', '99:42', message.text]);
  });
});

test('SHA-1 is warned of at every start, for the presets that need it', () => {
  for (const name of ['twilio', 'intercom']) assert.match(findPreset(name)?.scheme?.warning ?? '', /SHA1/);
});
