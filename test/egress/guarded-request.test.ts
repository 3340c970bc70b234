import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { DeliveryErrorClass } from '../../src/contract/run.ts';
import type { EgressErrorClass } from '../../src/egress/egress-error.ts';
import { guardedPost, type GuardedPost, type PostAnswer } from '../../src/egress/guarded-request.ts';
import { egressFailure } from './egress-failure.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { answerWith, OK_ANSWER, startReceiver, type TestReceiver } from './test-receiver.ts';

/** Loopback is permitted here, so that receivers can run in the test; 127.0.0.2 is not. */
const RULES = { allowedDomains: [], permitNetworks: ['127.0.0.1/32'] };

function post(target: string | TestReceiver, options: Partial<GuardedPost> = {}): Promise<PostAnswer> {
  const url = typeof target === 'string' ? target : `http://127.0.0.1:${target.port}/hook?k=1`;
  const headers = { 'content-type': 'application/json' };
  return guardedPost({ url, headers, body: '{"text":"ü"}', timeoutMs: 5000, rules: RULES, ...options });
}

describe('a guarded request', () => {
  test('posts the body with its headers and tells the status', async (t) => {
    const answer =
      'HTTP/1.1 503 Busy\r\nretry-after: 120\r\nwebhook-delivery: abort-message\r\ncontent-length: 0\r\n\r\n';
    const receiver = await startReceiver(t, answerWith(answer));
    expectNoLeftovers(t);
    const { durationMs, ...head } = await post(receiver, {
      headers: { 'x-a': 'b', connection: 'keep-alive', host: 'x' },
    });
    assert.deepEqual(head, {
      statusCode: 503,
      retryAfter: '120',
      webhookDelivery: 'abort-message',
      address: '127.0.0.1',
    });
    assert.ok(durationMs >= 0);
    const lines = Buffer.from(receiver.received(), 'latin1').toString('utf8').split('\r\n');
    assert.deepEqual(lines.slice(0, -2).toSorted(), [
      'POST /hook?k=1 HTTP/1.1',
      'connection: close',
      'content-length: 13',
      `host: 127.0.0.1:${receiver.port}`,
      'x-a: b',
    ]);
    assert.equal(lines.at(-1), '{"text":"ü"}');
  });

  test('has error classes of the contract', () => {
    const classes: readonly EgressErrorClass[] = ['dns', 'refused_by_policy', 'connect', 'tls', 'timeout', 'protocol'];
    const same: readonly DeliveryErrorClass[] = classes;
    assert.equal(same.length, 6);
  });

  test('opens a connection of its own for each request', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    await post(receiver);
    await post(receiver);
    assert.equal(receiver.connections(), 2);
  });

  test('reaches localhost by the loopback addresses, without DNS', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    const resolve = (): Promise<string[]> => assert.fail('must not be asked');
    const answer = await post(`http://localhost:${receiver.port}/`, { resolve });
    assert.equal(answer.statusCode, 200);
    assert.match(receiver.received(), new RegExp(`host: localhost:${receiver.port}\r\n`));
  });

  test('dials the next address when one takes no connection', async (t) => {
    const rules = { allowedDomains: [], permitNetworks: ['127.0.0.0/8'] };
    const receiver = await startReceiver(t, answerWith(OK_ANSWER), { host: '127.0.0.3' });
    const resolve = (): Promise<string[]> => Promise.resolve(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    const answer = await post(`http://a.example.com:${receiver.port}/`, { rules, resolve });
    assert.equal(answer.address, '127.0.0.3');
  });

  test('does not follow a redirect, and tells it as a status', async (t) => {
    const forbidden = await startReceiver(t, answerWith(OK_ANSWER), { host: '127.0.0.2' });
    for (const status of [301, 302, 303, 307, 308]) {
      const location = `http://127.0.0.2:${forbidden.port}/`;
      const answer = `HTTP/1.1 ${status} Away\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
      assert.equal((await post(await startReceiver(t, answerWith(answer)))).statusCode, status);
    }
    assert.equal(forbidden.connections(), 0);
  });

  test('refuses a forbidden URL before a connection', async (t) => {
    const forbidden = await startReceiver(t, answerWith(OK_ANSWER), { host: '127.0.0.2' });
    for (const host of ['127.0.0.2', '2130706434', '0x7f000002', '127.2', '[::ffff:127.0.0.2]', '[::1]', '0.0.0.0']) {
      const error = await egressFailure(post(`http://${host}:${forbidden.port}/`));
      assert.equal(error.errorClass, 'refused_by_policy', host);
      assert.equal(error.final, true);
      assert.match(error.message, /^\S+ is a loopback address: .*CALLBACK_PERMIT_NETWORKS/);
    }
    assert.equal(forbidden.connections(), 0);
  });

  test('refuses ports and schemes even where the address is permitted', async () => {
    for (const url of ['http://127.0.0.1:7233/', 'ftp://127.0.0.1/', 'http://a:b@127.0.0.1/']) {
      assert.equal((await egressFailure(post(url))).errorClass, 'refused_by_policy');
    }
  });

  test('tells that nobody listens', async (t) => {
    expectNoLeftovers(t);
    const error = await egressFailure(post('http://127.0.0.1:59999/', { timeoutMs: 2000 }));
    assert.equal(error.errorClass, 'connect');
    assert.equal(error.address, '127.0.0.1');
    assert.match(error.message, /^127\.0\.0\.1 cannot be reached \(ECONNREFUSED\)/);
  });

  test('rejects a header that HTTP can not hold', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    expectNoLeftovers(t);
    await assert.rejects(post(receiver, { headers: { 'x-a': 'b\r\nx-c: d' } }), TypeError);
    assert.equal(receiver.received(), '');
  });
});

describe('a connection that dies', () => {
  test('at once is tried once more', async (t) => {
    const receiver = await startReceiver(t, (socket, nth) =>
      nth === 0 ? void socket.once('data', () => socket.resetAndDestroy()) : answerWith(OK_ANSWER)(socket),
    );
    expectNoLeftovers(t);
    assert.equal((await post(receiver)).statusCode, 200);
    assert.equal(receiver.connections(), 2);
  });

  test('again is not tried a third time', async (t) => {
    const receiver = await startReceiver(t, (socket) => void socket.once('data', () => socket.destroy()));
    expectNoLeftovers(t);
    const error = await egressFailure(post(receiver));
    assert.equal(receiver.connections(), 2);
    assert.equal(error.errorClass, 'connect');
    assert.match(error.message, /^127\.0\.0\.1 closed without an answer \(ECONNRESET\)/);
  });

  test('after a second is not tried again', async (t) => {
    const receiver = await startReceiver(t, (socket) => void setTimeout(() => socket.destroy(), 1100));
    assert.equal((await egressFailure(post(receiver))).errorClass, 'connect');
    assert.equal(receiver.connections(), 1);
  });
});

describe('an abort', () => {
  test('before the start sends nothing', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    const reason = new Error('stop');
    await assert.rejects(post(receiver, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(receiver.connections(), 0);
  });

  test('while the receiver is silent rejects with its reason and closes the connection', async (t) => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const receiver = await startReceiver(t, (socket) => void socket.once('data', () => abort.abort(reason)));
    expectNoLeftovers(t);
    await assert.rejects(post(receiver, { signal: abort.signal }), (error) => error === reason);
  });

  test('during the lookup rejects with its reason', async (t) => {
    expectNoLeftovers(t);
    const abort = new AbortController();
    const reason = new Error('stop');
    const resolve = async (_host: string, signal: AbortSignal): Promise<string[]> => {
      abort.abort(reason);
      if (!signal.aborted) await once(signal, 'abort');
      throw signal.reason as Error;
    };
    await assert.rejects(post('http://a.example.com/', { signal: abort.signal, resolve }), (error) => error === reason);
  });

  test('after the head keeps the answer', async (t) => {
    const abort = new AbortController();
    const receiver = await startReceiver(t, (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => setTimeout(() => abort.abort(), 100));
      });
    });
    expectNoLeftovers(t);
    assert.equal((await post(receiver, { signal: abort.signal })).statusCode, 200);
  });
});
