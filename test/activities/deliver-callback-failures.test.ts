import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { EgressError } from '../../src/egress/egress-error.ts';
import { createFindOwnPlaces } from '../../src/egress/own-places.ts';
import { startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME, callbackInput, detailsOf, NOW, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';

describe('an attempt that fails', () => {
  const STATUSES: readonly (readonly [number, RegExp])[] = [
    [300, /redirects are not followed/],
    [302, /redirects are not followed/],
    [308, /redirects are not followed/],
    [400, /check the receiver/],
    [401, /knows our secret/],
    [403, /knows our secret/],
    [404, /check the path/],
    [413, /larger request bodies/],
    [429, /higher request rate/],
    [500, /check the receiver/],
    [503, /check the receiver/],
  ];
  for (const [status, fix] of STATUSES) {
    test(`by ${status} is retried on the schedule`, async (t) => {
      const location = { location: 'http://127.0.0.1:1/' };
      const receiver = await startCallbackReceiver(t, () => ({
        status,
        headers: location,
        body: 'hunter2 inner.host',
      }));
      const { fail, announced, counted, logger } = setUpDelivery({ now: () => NOW });
      const failure = await fail(callbackInput(receiver.url));
      assert.equal(failure.type, 'CallbackFailed');
      assert.equal(failure.nonRetryable, false);
      assert.equal(failure.nextRetryDelay, 5000);
      assert.equal(failure.category, 'BENIGN');
      assert.equal(failure.stack, '');
      assert.ok(failure.message.startsWith(`127.0.0.1 answered ${status}: `), failure.message);
      assert.match(failure.message, fix);
      const { durationMs, ...details } = detailsOf(failure);
      assert.equal(typeof durationMs, 'number');
      assert.deepEqual(details, {
        errorClass: 'status',
        at: '2026-01-31T12:00:00.000Z',
        statusCode: status,
        address: '127.0.0.1',
      });
      assert.deepEqual(announced, ['run-4x7q']);
      assert.deepEqual(counted, ['status']);
      const told = JSON.stringify([failure.message, failure.details, failure.stack, logger.lines]);
      assert.doesNotMatch(told, /hunter2|inner\.host|\/hook/);
    });
  }

  test('on a later attempt does not signal the workflow again', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 500 }));
    const { fail, run, announced } = setUpDelivery();
    const first = mockAttempt();
    await failureOf(run(callbackInput(receiver.url), first));
    assert.deepEqual(first.heartbeats, [{ announced: true }]);
    const second = await fail(callbackInput(receiver.url), { attempt: 2, heartbeatDetails: first.heartbeats[0] });
    assert.equal(second.nextRetryDelay, 300_000);
    assert.deepEqual(announced, ['run-4x7q']);
  });

  test('signals the workflow on a later attempt when the first was lost with its worker', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 500 }));
    const { fail, announced } = setUpDelivery();
    await fail(callbackInput(receiver.url), { attempt: 2 });
    assert.deepEqual(announced, ['run-4x7q']);
  });

  test('goes on when the signal to the workflow fails or hangs', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 500 }));
    const refusing = setUpDelivery({ onFirstFailure: () => Promise.reject(new Error('hunter2')) });
    assert.equal((await refusing.fail(callbackInput(receiver.url))).nextRetryDelay, 5000);
    assert.equal(refusing.logger.lines.at(-1)?.level, 'warn');
    assert.doesNotMatch(JSON.stringify(refusing.logger.lines), /hunter2/);
    const hanging = setUpDelivery({ onFirstFailure: () => new Promise(() => undefined) });
    assert.equal((await hanging.fail(callbackInput(receiver.url))).type, 'CallbackFailed');
  });

  test('as the last one fails plainly', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 500 }));
    const { fail, announced, counted, logger } = setUpDelivery();
    const failure = await fail(callbackInput(receiver.url), { attempt: 3 });
    assert.equal(failure.type, 'CallbackFailed');
    assert.equal(failure.nextRetryDelay, undefined);
    assert.equal(failure.category, undefined);
    assert.equal(failure.nonRetryable, true);
    assert.deepEqual(announced, []);
    assert.deepEqual(counted, ['status', 'died']);
    assert.equal(logger.lines.at(-1)?.level, 'warn');
  });

  test('with too little time for another one ends the delivery', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({ status: 500 }));
    const { fail, counted } = setUpDelivery();
    const failure = await fail(callbackInput(receiver.url), { scheduleToCloseTimeoutMs: 2500 });
    assert.equal(failure.nonRetryable, true);
    assert.equal(failure.nextRetryDelay, undefined);
    assert.deepEqual(counted, ['status', 'died']);
  });

  test('honours Retry-After up to twice the scheduled wait', async (t) => {
    const headers = { 'retry-after': '7' };
    const receiver = await startCallbackReceiver(t, (nth) => ({ status: [429, 503, 500][nth] ?? 200, headers }));
    const { fail } = setUpDelivery();
    const delays = [];
    for (let i = 0; i < 3; i++) delays.push((await fail(callbackInput(receiver.url))).nextRetryDelay);
    assert.deepEqual(delays, [7000, 7000, 5000]);
  });

  test('by silence names the deadline', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({}));
    const { fail, counted } = setUpDelivery();
    const failure = await fail(callbackInput(receiver.url, { attemptTimeoutMs: 200 }));
    assert.match(failure.message, /^127\.0\.0\.1 did not answer within 0\.2 s: /);
    assert.equal(detailsOf(failure).errorClass, 'timeout');
    assert.equal(detailsOf(failure).statusCode, undefined);
    assert.deepEqual(counted, ['timeout']);
  });

  test('is given up before Temporal would, so that its failure says why', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({}));
    const { fail } = setUpDelivery();
    const given = callbackInput(receiver.url, { attemptTimeoutMs: 60_000 });
    assert.match((await fail(given, { startToCloseTimeoutMs: 700 })).message, /did not answer within 0\.2 s/);
    const left = await fail(given, { startToCloseTimeoutMs: 0, scheduleToCloseTimeoutMs: 700 });
    assert.equal(detailsOf(left).errorClass, 'timeout');
  });

  test('by a connection names host and code, never port, path or query', async () => {
    const { fail } = setUpDelivery();
    const failure = await fail(callbackInput('http://localhost:59999/hook?key=hunter2'));
    assert.match(failure.message, /^localhost cannot be reached \(ECONNREFUSED\): .*\.$/);
    assert.equal(detailsOf(failure).errorClass, 'connect');
    assert.equal(detailsOf(failure).address, '127.0.0.1');
  });

  test('names what and where within 50 characters, however long the host is', async () => {
    const host = `${'a'.repeat(60)}.example.com`;
    const answered = { statusCode: 503, address: '8.8.8.8', durationMs: 1 };
    const failure = await setUpDelivery({ post: () => Promise.resolve(answered) }).fail(
      callbackInput(`https://${host}/`),
    );
    assert.match(failure.message.slice(0, 50), /aaa\.example\.com answered 503/);
  });

  test('for an unknown fault of ours keeps its text back and goes on by the schedule', async () => {
    const post = (): Promise<never> => Promise.reject(new TypeError('hunter2'));
    const { fail, logger } = setUpDelivery({ post });
    const failure = await fail(callbackInput('https://ci.example.com/'));
    assert.equal(failure.type, 'CallbackFailed');
    assert.equal(failure.nextRetryDelay, 5000);
    assert.match(failure.message, /TypeError/);
    assert.doesNotMatch(JSON.stringify([failure.message, failure.stack, logger.lines]), /hunter2/);
    assert.equal(failure.cause, undefined);
  });
});

describe('policy', () => {
  test('refuses a forbidden URL for good', async () => {
    const { fail, announced, counted } = setUpDelivery();
    for (const url of [
      'http://10.0.0.1/',
      'ftp://h/',
      'http://u:p@example.com/',
      'http://localhost.:6379/',
      'nonsense',
    ]) {
      const failure = await fail(callbackInput(url));
      assert.equal(failure.type, 'CallbackRefused');
      assert.equal(failure.nonRetryable, true);
      assert.equal(failure.nextRetryDelay, undefined);
      assert.equal(detailsOf(failure).errorClass, 'refused_by_policy');
      assert.equal(detailsOf(failure).address, undefined);
    }
    assert.deepEqual(announced, []);
    assert.deepEqual(counted.slice(0, 2), ['refused_by_policy', 'died']);
  });

  test('refuses the ports of this process itself', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const failure = await setUpDelivery({ findOwnPlaces: createFindOwnPlaces({ ports: () => [receiver.port] }) }).fail(
      callbackInput(receiver.url),
    );
    assert.equal(failure.type, 'CallbackRefused');
    assert.match(failure.message, /^port \d+ there is this service's own port: /);
    assert.equal(receiver.received.length, 0);
  });

  test("refuses Temporal's own address", async (t) => {
    const receiver = await startCallbackReceiver(t);
    const findOwnPlaces = createFindOwnPlaces({ ports: () => [], temporalAddress: `localhost:${receiver.port}` });
    const failure = await setUpDelivery({ findOwnPlaces }).fail(callbackInput(receiver.url));
    assert.equal(failure.type, 'CallbackRefused');
    assert.equal(receiver.received.length, 0);
  });

  test('refuses what a name resolves to for this attempt alone', async () => {
    const post = (): never => {
      throw new EgressError('ci.example.com resolves to …', { errorClass: 'refused_by_policy', durationMs: 1 });
    };
    const failure = await setUpDelivery({ post }).fail(callbackInput('https://ci.example.com/'));
    assert.equal(failure.type, 'CallbackRefused');
    assert.equal(failure.nonRetryable, false);
    assert.equal(failure.nextRetryDelay, 5000);
  });

  test('holds the client’s own domains', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const clients = new Map([['acme', { ...ACME, allowedCallbackDomains: ['example.com'] }]]);
    const failure = await setUpDelivery({ clients }).fail(callbackInput(receiver.url));
    assert.equal(failure.type, 'CallbackRefused');
    assert.match(failure.message, /not a permitted callback domain: /);
    assert.equal(receiver.received.length, 0);
  });
});

describe('an egress proxy', () => {
  test('is asked for every callback, and its refusal is reported without its address', async (t) => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (req: IncomingMessage, socket: Socket) => {
      asked.push(req.url ?? '');
      socket.end('HTTP/1.1 403 No\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { fail, logger } = setUpDelivery({ proxy: `http://me:hunter2@127.0.0.1:${port}` });
    const failure = await fail(callbackInput('https://ci.example.com/hook'));
    assert.deepEqual(asked, ['ci.example.com:443']);
    assert.equal(failure.type, 'CallbackRefused');
    assert.equal(failure.nextRetryDelay, 5000);
    assert.match(failure.message, /^ci\.example\.com was refused by the egress proxy \(PROXY_403\): [^:]*\.$/);
    assert.doesNotMatch(JSON.stringify([failure.details, logger.lines]), /hunter2/);
  });

  test('that is none stops the worker at its start', () => {
    assert.throws(() => setUpDelivery({ proxy: 'socks5://hunter2@h' }), /The egress proxy is not a valid address/);
  });
});

describe('a receiver that wants no more', () => {
  for (const [title, answer] of Object.entries({
    'by 410': { status: 410 },
    'by the header webhook-delivery': { status: 500, headers: { 'webhook-delivery': 'abort-message' } },
    'by webhook-delivery: disable': { status: 400, headers: { 'webhook-delivery': 'Disable' } },
  })) {
    test(`${title} ends the attempts`, async (t) => {
      const receiver = await startCallbackReceiver(t, () => answer);
      const { fail, announced, counted } = setUpDelivery();
      const failure = await fail(callbackInput(receiver.url));
      assert.equal(failure.type, 'CallbackStopped');
      assert.equal(failure.nonRetryable, true);
      assert.match(
        failure.message,
        new RegExp(`^127\\.0\\.0\\.1 answered ${answer.status} and asked for no further attempts`),
      );
      assert.equal(detailsOf(failure).statusCode, answer.status);
      assert.deepEqual(announced, []);
      assert.deepEqual(counted, ['status', 'died']);
    });
  }

  test('and yet takes it, has taken it', async (t) => {
    const receiver = await startCallbackReceiver(t, () => ({
      status: 200,
      headers: { 'webhook-delivery': 'disable' },
    }));
    assert.equal((await setUpDelivery().run(callbackInput(receiver.url))).statusCode, 200);
  });
});
