import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { DeliverCallbackDeps } from '../../src/activities/deliver-callback.ts';
import { createReportDeadLetter, type ReportDeadLetterDeps } from '../../src/activities/report-dead-letter.ts';
import type { ReportDeadLetterInput } from '../../src/contract/activities.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME, callbackInput, NEW_SECRET, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';
import { waitFor } from '../support/wait-for.ts';

async function setUp(
  t: TestContext,
  changes: Partial<DeliverCallbackDeps> = {},
  operatorStatus = 204,
  secrets?: readonly string[],
) {
  const receiver = await startCallbackReceiver(t, () => ({ status: 503 }));
  const operator = await startCallbackReceiver(t, () => ({ status: operatorStatus }));
  const webhook = { deadLetterWebhook: operator.url, ...(secrets && { deadLetterSecret: secrets }) };
  const delivery = setUpDelivery({ ...webhook, ...changes });
  return { ...delivery, input: callbackInput(receiver.url), operator };
}

async function firstOf({ received }: CallbackReceiver) {
  await waitFor('the operator to be told', () => received.length > 0);
  const [news] = received;
  assert.ok(news);
  return news;
}

describe('the webhook for dead letters', () => {
  test('notifies the operator when the last attempt has failed, signed by the secrets of the client', async (t) => {
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

  test('is not sent while an attempt follows, nor when the run was dead before', async (t) => {
    const { fail, input, operator } = await setUp(t);
    await fail(input);
    await fail({ ...input, diedBefore: true }, { attempt: 3 });
    await fail(input, { attempt: 3 });
    const { body } = await firstOf(operator);
    assert.equal((JSON.parse(body) as { attempts: number }).attempts, 3);
    assert.equal(operator.received.length, 1);
  });

  test('that is refused or cannot be sent is logged, and changes nothing else', async (t) => {
    const refusing = await setUp(t, {}, 500);
    assert.equal((await refusing.fail(refusing.input, { attempt: 3 })).type, 'CallbackFailed');
    const warned = (): object | undefined =>
      refusing.logger.lines.find(({ message }) => /dead letter webhook/.test(message));
    await waitFor('the log line', () => warned() !== undefined);
    assert.deepEqual(warned(), {
      level: 'warn',
      fields: { run_id: 'run-4x7q', client: 'acme', status_code: 500 },
      message: 'dead letter webhook rejected: check callback.dead_letter_webhook',
    });
  });

  test('that hangs does not hold up the run', async (t) => {
    const { fail, input, operator } = await setUp(t, {
      post: (post) =>
        post.url.includes('operator')
          ? new Promise(() => undefined)
          : Promise.resolve({ statusCode: 500, address: '8.8.8.8', durationMs: 1 }),
      deadLetterWebhook: 'http://operator.example.com/',
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

describe('reportDeadLetter', () => {
  const report = (changes: Partial<ReportDeadLetterDeps> = {}) => {
    const logger = new RecordingLogger();
    const counted: string[] = [];
    const metrics = {
      callbackAttempted: () => counted.push('attempted'),
      callbackDied: () => counted.push('died'),
      callbackDeferred: () => counted.push('deferred'),
    };
    const activity = createReportDeadLetter({ clients: new Map([['acme', ACME]]), logger, metrics, ...changes });
    const run = (input: unknown): Promise<void> => mockAttempt().env.run(activity, input as ReportDeadLetterInput);
    return { run, logger, counted };
  };
  const INPUT = { client: 'acme', runId: 'run-4x7q', url: 'https://ci.example.com/hook?key=hunter2' };

  test('notifies the operator of what is known of the last attempt, and nothing else that its input holds', async (t) => {
    const operator = await startCallbackReceiver(t, () => ({ status: 204 }));
    const { run, counted, logger } = report({ deadLetterWebhook: operator.url });
    const lastTry = { errorClass: 'timeout', at: 'x', durationMs: 1, tries: 4, address: '10.0.0.1', note: 'hunter2' };
    await run({ ...INPUT, lastTry });
    const { body, headers } = await firstOf(operator);
    const { at, ...news } = JSON.parse(body) as { at: string };
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000);
    assert.deepEqual(news, {
      type: 'run.callback_dead',
      run_id: 'run-4x7q',
      client: 'acme',
      callback_host: 'ci.example.com',
      last_status_code: null,
      error_class: 'timeout',
      attempts: 4,
    });
    assert.equal(headers['webhook-id'], 'dead-run-4x7q');
    assert.ok(new Webhook(NEW_SECRET).verify(body, headers as Record<string, string>));
    assert.deepEqual(counted, ['died']);
    assert.doesNotMatch(JSON.stringify(logger.lines), /hunter2|10\.0\.0\.1/);
  });

  test('counts and logs where no webhook is set, and takes a URL that is none', async () => {
    const { run, counted, logger } = report();
    await run({ ...INPUT, url: 'nonsense', lastTry: { errorClass: 'made up', statusCode: 'x' } });
    assert.deepEqual(counted, ['died']);
    // As written to the log, which drops undefined fields.
    assert.deepEqual(JSON.parse(JSON.stringify(logger.lines)), [
      {
        level: 'warn',
        fields: { run_id: 'run-4x7q', client: 'acme', host: '' },
        message: 'callback not delivered and not retried: Temporal ended the delivery',
      },
    ]);
  });

  test('refuses an input that it cannot use, for good', async () => {
    for (const input of [null, {}, { ...INPUT, client: '' }, { ...INPUT, runId: 7 }, { ...INPUT, url: undefined }]) {
      const failure = await failureOf(report().run(input));
      assert.equal(failure.type, 'InvalidInput');
      assert.equal(failure.nonRetryable, true);
    }
  });
});
