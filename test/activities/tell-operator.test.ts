import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { DeliverCallbackDeps } from '../../src/activities/deliver-callback.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../support/callback-receiver.ts';
import { callbackInput, NEW_SECRET, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { waitFor } from '../support/wait-for.ts';

async function setUp(
  t: TestContext,
  changes: Partial<DeliverCallbackDeps> = {},
  operatorStatus = 204,
  secrets?: readonly string[],
) {
  const receiver = await startCallbackReceiver(t, () => ({ status: 503 }));
  const operator = await startCallbackReceiver(t, () => ({ status: operatorStatus }));
  const deadLetterWebhook = { url: operator.url, ...(secrets && { secrets }) };
  const delivery = setUpDelivery({ deadLetterWebhook, ...changes });
  return { ...delivery, input: callbackInput(receiver.url), operator };
}

async function firstOf({ received }: CallbackReceiver) {
  await waitFor('the operator to be told', () => received.length > 0);
  const [news] = received;
  assert.ok(news);
  return news;
}

describe('the webhook for dead letters', () => {
  test('tells the operator when the last try has failed, signed by the secrets of the client', async (t) => {
    const { fail, input, operator } = await setUp(t);
    await fail(input, { attempt: 3 });
    const { body, headers } = await firstOf(operator);
    const { at, ...news } = JSON.parse(body) as { at: string };
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000);
    assert.deepEqual(news, {
      type: 'run.callback_dead',
      run_id: 'run-4x7q',
      client: 'acme',
      callback_host: '127.0.0.1',
      last_status_code: 503,
      error_class: 'status',
      attempts: 3,
    });
    assert.equal(headers['webhook-id'], 'dead-run-4x7q');
    assert.ok(new Webhook(NEW_SECRET).verify(body, headers as Record<string, string>));
  });

  test('is signed by its own secrets where it has some', async (t) => {
    const own = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';
    const { fail, input, operator } = await setUp(t, {}, 204, [own]);
    await fail(input, { attempt: 3 });
    const { body, headers } = await firstOf(operator);
    assert.ok(new Webhook(own).verify(body, headers as Record<string, string>));
    assert.throws(() => new Webhook(NEW_SECRET).verify(body, headers as Record<string, string>));
  });

  test('is not sent while a try follows, nor when the run was dead before', async (t) => {
    const { fail, input, operator } = await setUp(t);
    await fail(input);
    await fail({ ...input, diedBefore: true }, { attempt: 3 });
    await fail(input, { attempt: 3 });
    const { body } = await firstOf(operator);
    assert.equal((JSON.parse(body) as { attempts: number }).attempts, 3);
    assert.equal(operator.received.length, 1);
  });

  test('that is refused or can not be sent is logged, and changes nothing else', async (t) => {
    const refusing = await setUp(t, {}, 500);
    assert.equal((await refusing.fail(refusing.input, { attempt: 3 })).type, 'CallbackFailed');
    const told = (): object | undefined => refusing.logger.lines.find(({ message }) => /dead letters/.test(message));
    await waitFor('the log line', () => told() !== undefined);
    assert.deepEqual(told(), {
      level: 'warn',
      fields: { runId: 'run-4x7q', client: 'acme', statusCode: 500 },
      message: 'the webhook for dead letters was not taken: check callback.dead_letter_webhook',
    });
  });

  test('that hangs does not hold up the run', async (t) => {
    const { fail, input, operator } = await setUp(t, {
      post: (post) =>
        post.url.includes('operator')
          ? new Promise(() => undefined)
          : Promise.resolve({ statusCode: 500, address: '8.8.8.8', durationMs: 1 }),
      deadLetterWebhook: { url: 'http://operator.example.com/' },
    });
    assert.equal((await fail(input, { attempt: 3 })).nonRetryable, true);
    assert.equal(operator.received.length, 0);
  });
});

describe('statuses that stop', () => {
  test('are those of the operator', async (t) => {
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: nth === 0 ? 404 : 410 }));
    const { fail } = setUpDelivery({ stopStatuses: [404] });
    assert.equal((await fail(callbackInput(receiver.url))).type, 'CallbackStopped');
    assert.equal((await fail(callbackInput(receiver.url))).type, 'CallbackFailed');
  });
});
