import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verify as verifyHub } from '@octokit/webhooks-methods';
import { CancelledFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import type { CallbackClient } from '../../src/activities/callback/callback-client.ts';
import { callbackBody } from '../../src/protocol/callback-body.ts';
import { startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME, callbackInput, NEW_SECRET, NOW, OLD_SECRET, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR = 3_600_000;

describe('a callback', () => {
  test('is accepted by 2xx, and the receipt says how', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 204 }));
    const { run, logger, announced, counted } = setUpDelivery({ now: () => NOW });
    const attempt = mockAttempt({ attempt: 3 });
    const { durationMs, ...receipt } = await run(callbackInput(receiver.url), attempt);
    assert.deepEqual(receipt, {
      statusCode: 204,
      attempts: 3,
      deliveredAt: '2026-01-31T12:00:00.000Z',
      address: '127.0.0.1',
    });
    assert.equal(typeof durationMs, 'number');
    assert.deepEqual(counted, ['delivered']);
    assert.deepEqual(announced, []);
    // No write to Temporal beside the result.
    assert.deepEqual(attempt.heartbeats, []);
    assert.deepEqual(
      logger.lines.map(({ message }) => message),
      ['callback delivered'],
    );
  });

  test('can be verified by the libraries of both schemes, by every secret', async (t) => {
    const receiver = await startCallbackReceiver(t);
    await setUpDelivery().run(callbackInput(receiver.url));
    const [{ method, path, headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    assert.equal(`${method} ${path}`, 'POST /hook?key=hunter2');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['user-agent'], 'garudust-temporal');
    assert.equal(headers['webhook-id'], 'run-4x7q');
    const signed = headers as Record<string, string>;
    const keys = [new Webhook(OLD_SECRET, { format: 'raw' }), new Webhook(NEW_SECRET)];
    for (const key of keys) assert.deepEqual(key.verify(body, signed), JSON.parse(body));
    assert.throws(() => new Webhook('another', { format: 'raw' }).verify(body, signed));
    assert.throws(() => keys[1]?.verify(`${body} `, signed));
    assert.ok(await verifyHub(OLD_SECRET, body, String(headers['x-hub-signature-256'])));
    assert.deepEqual(callbackBody.parse(JSON.parse(body)), {
      text: 'Grüße ♥ "quoted"',
      run_id: 'run-4x7q',
      status: 'completed',
      error: null,
      session_key: 'deploys',
      usage: { input_tokens: 3, output_tokens: 5 },
      finished_at: '2026-01-31T11:59:59.000Z',
    });
  });

  test('has the same body and id on every attempt, and a fresh signed time', async (t) => {
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: nth === 0 ? 500 : 200 }));
    let now = NOW;
    const { run, fail } = setUpDelivery({ now: () => now });
    await fail(callbackInput(receiver.url));
    now += HOUR;
    await run(callbackInput(receiver.url), mockAttempt({ attempt: 2 }));
    const [first, second] = receiver.received;
    assert.equal(first?.body, second?.body);
    assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id']);
    assert.equal(first?.headers['webhook-timestamp'], String(NOW / 1000));
    assert.equal(second?.headers['webhook-timestamp'], String(NOW / 1000 + 3600));
    assert.notEqual(first?.headers['webhook-signature'], second?.headers['webhook-signature']);
    assert.equal(first?.headers['x-hub-signature-256'], second?.headers['x-hub-signature-256']);
  });

  test('reports a failed run as Garudust does', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const error = { code: 'AgentTimeout', message: 'No answer came in time.' } as const;
    const outcome = { status: 'timed_out', error, finishedAt: '2026-01-31T11:59:59.000Z' } as const;
    await setUpDelivery().run(callbackInput(receiver.url, { outcome }));
    const body = callbackBody.parse(JSON.parse(receiver.received[0]?.body ?? ''));
    assert.equal(body.text, 'Error: No answer came in time.');
    assert.deepEqual(body.error, error);
  });

  test('carries the headers of the operator, but never one of ours', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const headers = {
      'X-Gateway-Key': 'k1',
      'Webhook-Id': 'forged',
      'X-HUB-Signature-256': 'sha256=0',
      Host: 'inner',
      'Content-Length': '1',
      'Transfer-Encoding': 'chunked',
      'user-agent': 'x',
    };
    const callbackHeaders = { hosts: ['127.0.0.1'], headers };
    const { run, logger } = setUpDelivery({ clients: new Map([['acme', { ...ACME, callbackHeaders }]]) });
    const ignored = logger.lines.map(({ fields }) => (fields as { header: string }).header);
    assert.deepEqual(ignored.toSorted(), [
      'content-length',
      'host',
      'transfer-encoding',
      'user-agent',
      'webhook-id',
      'x-hub-signature-256',
    ]);
    await run(callbackInput(receiver.url));
    const { headers: got } = receiver.received[0] ?? assert.fail();
    assert.equal(got['x-gateway-key'], 'k1');
    assert.equal(got['webhook-id'], 'run-4x7q');
    assert.equal(got['user-agent'], 'garudust-temporal');
    assert.equal(got.host, `127.0.0.1:${receiver.port}`);
    assert.notEqual(got['x-hub-signature-256'], 'sha256=0');
  });

  test('has headers of the operator only for the hosts that they are bound to', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const headers = { 'X-Gateway-Key': 'k1' };
    const cases: [Pick<CallbackClient, 'callbackHeaders'> & Partial<CallbackClient>, string | undefined][] = [
      [{ callbackHeaders: { hosts: ['ci.example.com'], headers } }, undefined],
      [{ callbackHeaders: { hosts: ['ci.example.com', '127.0.0.1'], headers } }, 'k1'],
      [{ callbackHeaders: { headers }, allowedCallbackDomains: ['127.0.0.1'] }, 'k1'],
    ];
    for (const [changes, expected] of cases) {
      await setUpDelivery({ clients: new Map([['acme', { ...ACME, ...changes }]]) }).run(callbackInput(receiver.url));
      assert.equal(receiver.received.at(-1)?.headers['x-gateway-key'], expected);
    }
    assert.equal(receiver.received.length, cases.length);
  });
});

describe('a client', () => {
  test('that is not configured here fails by the schedule, and says which setting', async () => {
    const { fail, announced, counted, logger } = setUpDelivery();
    const failure = await fail(callbackInput('https://ci.example.com/', { client: 'globex' }));
    assert.equal(failure.type, 'CallbackFailed');
    assert.equal(failure.nextRetryDelay, 5000);
    assert.equal(failure.message, 'Client "globex" is not configured on this worker: add it to clients.');
    assert.equal(failure.details ?? undefined, undefined);
    assert.deepEqual(announced, ['run-4x7q']);
    assert.deepEqual(counted, []);
    assert.equal(logger.lines.length, 1);
  });

  test('that cannot sign, or whose headers are not valid, stops the worker at its start, without telling the secret', () => {
    const withHeaders = (headers: Record<string, string>): CallbackClient => ({
      ...ACME,
      callbackHeaders: { hosts: ['ci.example.com'], headers },
    });
    const bad: [CallbackClient, RegExp][] = [
      [{ ...ACME, webhookSecret: [] }, /Client "acme" cannot sign callbacks: .*CALLBACK_SECRET \(callback_secret\)/],
      [{ ...ACME, webhookSecret: ['whsec_hunter2!'] }, /cannot sign/],
      [withHeaders({ 'x a': 'hunter2' }), /Header "x a" in callback_headers of client "acme"/],
      [withHeaders({ 'x-a': 'hunter2\n' }), /Header "x-a" in callback_headers of client "acme"/],
      [
        { ...ACME, callbackHeaders: { headers: { 'x-a': 'hunter2' } } },
        /callback_headers of client "acme" names no hosts, .*: add the hosts/,
      ],
    ];
    for (const [client, words] of bad) {
      assert.throws(
        () => setUpDelivery({ clients: new Map([['acme', client]]) }),
        (error) => error instanceof RangeError && words.test(error.message) && !/hunter2/.test(error.message),
      );
    }
    assert.throws(() => setUpDelivery({ permitNetworks: ['10.0.0.0/99'] }), /"10\.0\.0\.0\/99" is not a network/);
  });
});

describe('a cancel', () => {
  test('lets the request under way end, and a callback that is taken is a delivery', async () => {
    for (const reason of ['CANCELLED', 'PAUSED', 'RESET'] as const) {
      const attempt = mockAttempt();
      const { run, counted } = setUpDelivery({
        post: async ({ signal }) => {
          attempt.env.cancel(reason);
          assert.equal(signal?.aborted, false, reason);
          return { statusCode: 204, address: '127.0.0.1', durationMs: 1 };
        },
      });
      assert.equal((await run(callbackInput('https://ci.example.com/'), attempt)).statusCode, 204, reason);
      assert.deepEqual(counted, ['delivered'], reason);
    }
  });

  test('leaves with the reason of the signal when the request under way fails', async () => {
    const attempt = mockAttempt();
    const { run, announced, counted } = setUpDelivery({
      post: async () => {
        attempt.env.cancel('CANCELLED');
        return { statusCode: 503, address: '127.0.0.1', durationMs: 1 };
      },
    });
    const work = run(callbackInput('https://ci.example.com/'), attempt);
    await assert.rejects(work, (error) => error instanceof CancelledFailure && error.message === 'CANCELLED');
    assert.deepEqual([counted, announced], [['status'], []]);
  });

  test('because the run is closed or the attempt over ends the request at once', async (t) => {
    for (const reason of ['NOT_FOUND', 'TIMED_OUT'] as const) {
      const receiver = await startCallbackReceiver(t, () => ({}));
      const attempt = mockAttempt();
      const { run, counted } = setUpDelivery();
      const work = run(callbackInput(receiver.url, { attemptTimeoutMs: 60_000 }), attempt);
      await waitFor('the request to arrive', () => receiver.received.length === 1);
      attempt.env.cancel(reason);
      await assert.rejects(work, (error) => error instanceof CancelledFailure && error.message === reason);
      assert.deepEqual(counted, []);
    }
  });

  test('because the worker stops hands the attempt to the next worker at once', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({}));
    const attempt = mockAttempt();
    const work = setUpDelivery().run(callbackInput(receiver.url, { attemptTimeoutMs: 60_000 }), attempt);
    await waitFor('the request to arrive', () => receiver.received.length === 1);
    attempt.env.cancel('WORKER_SHUTDOWN');
    const failure = await failureOf(work);
    assert.equal(failure.type, 'WorkerStopped');
    assert.equal(failure.nonRetryable, false);
    // Not 0, which would end the activity.
    assert.ok(Number(failure.nextRetryDelay) > 0 && Number(failure.nextRetryDelay) < 1000);
  });

  test('can arrive, because a slow attempt heartbeats', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({}));
    const attempt = mockAttempt({ heartbeatTimeoutMs: 150 });
    const work = setUpDelivery().run(callbackInput(receiver.url, { attemptTimeoutMs: 60_000 }), attempt);
    await waitFor('two heartbeats', () => attempt.heartbeats.length >= 2);
    attempt.env.cancel('NOT_FOUND');
    await assert.rejects(work);
  });
});
