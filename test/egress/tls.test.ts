import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { guardedPost, type GuardedPost, type PostAnswer } from '../../src/egress/guarded-request.ts';
import { egressFailure } from './egress-failure.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { answerWith, listen, OK_ANSWER, startReceiver } from './test-receiver.ts';

const PEM = readFileSync(new URL('fixtures/receiver.pem', import.meta.url));
const RULES = { allowedDomains: [], permitNetworks: ['127.0.0.1/32'] };

function tlsServer() {
  return createServer({ key: PEM, cert: PEM, ALPNProtocols: ['h2', 'http/1.1'] });
}

function post(host: string, port: number, options: Partial<GuardedPost> = {}): Promise<PostAnswer> {
  const url = `https://${host}:${port}/`;
  const resolve = (): Promise<string[]> => Promise.resolve(['127.0.0.1']);
  return guardedPost({ url, headers: {}, body: '{}', timeoutMs: 5000, rules: RULES, resolve, ...options });
}

describe('TLS', () => {
  test('keeps the name of the URL for SNI, the certificate and the Host header', async (t) => {
    const names: unknown[] = [];
    const receiver = await listen(t, tlsServer(), 'secureConnection', (socket) => {
      names.push((socket as TLSSocket).servername, (socket as TLSSocket).alpnProtocol);
      answerWith(OK_ANSWER)(socket);
    });
    expectNoLeftovers(t);
    const answer = await post('A.Example.com.', receiver.port, { trust: { ca: PEM } });
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(names, ['a.example.com', 'http/1.1']);
    assert.match(receiver.received(), new RegExp(`host: a.example.com:${receiver.port}\r\n`));
  });

  test('sends no server name for an address, and checks the certificate for it', async (t) => {
    const names: unknown[] = [];
    const receiver = await listen(t, tlsServer(), 'secureConnection', (socket) => {
      names.push((socket as TLSSocket).servername);
      answerWith(OK_ANSWER)(socket);
    });
    assert.equal((await post('127.0.0.1', receiver.port, { trust: { ca: PEM } })).statusCode, 200);
    assert.deepEqual(names, [false]);
  });

  test('refuses a self-signed certificate, also where the environment switches checks off', async (t) => {
    const receiver = await listen(t, tlsServer(), 'secureConnection', answerWith(OK_ANSWER));
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    t.after(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    expectNoLeftovers(t);
    for (const value of ['1', '0']) {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = value;
      const error = await egressFailure(post('a.example.com', receiver.port));
      assert.equal(error.errorClass, 'tls');
      assert.match(error.message, /^a\.example\.com failed TLS \(DEPTH_ZERO_SELF_SIGNED_CERT\): check the certificate/);
      assert.equal(error.address, '127.0.0.1');
    }
    assert.equal(receiver.received(), '');
  });

  test('refuses a certificate for another name', async (t) => {
    const receiver = await listen(t, tlsServer(), 'secureConnection', answerWith(OK_ANSWER));
    const error = await egressFailure(post('b.example.com', receiver.port, { trust: { ca: PEM } }));
    assert.equal(error.errorClass, 'tls');
    assert.match(error.message, /ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.equal(receiver.received(), '');
  });

  test('that is not spoken there', async (t) => {
    const receiver = await startReceiver(t, (socket) => void socket.once('data', () => socket.end(OK_ANSWER)));
    expectNoLeftovers(t);
    const error = await egressFailure(post('a.example.com', receiver.port));
    assert.equal(error.errorClass, 'tls');
    assert.match(error.message, /^a\.example\.com failed TLS \(\w+\)/);
  });

  test('that is never finished ends with the deadline', async (t) => {
    const receiver = await startReceiver(t, () => undefined);
    expectNoLeftovers(t);
    const error = await egressFailure(post('a.example.com', receiver.port, { timeoutMs: 200 }));
    assert.equal(error.errorClass, 'timeout');
    assert.match(error.message, /did not finish TLS within 0\.2 s/);
  });

  test('whose connection is cut while it is agreed is tried once more', async (t) => {
    const receiver = await startReceiver(t, (socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expectNoLeftovers(t);
    assert.equal((await egressFailure(post('a.example.com', receiver.port))).errorClass, 'tls');
    assert.equal(receiver.connections(), 2);
  });

  test('whose connection is cut before an answer is tried once more and then told as such', async (t) => {
    const receiver = await listen(t, tlsServer(), 'secureConnection', (socket, nth) => {
      if (nth < 2) socket.once('data', () => socket.destroy());
      else answerWith(OK_ANSWER)(socket);
    });
    expectNoLeftovers(t);
    const error = await egressFailure(post('a.example.com', receiver.port, { trust: { ca: PEM } }));
    assert.equal(error.errorClass, 'connect');
    assert.match(error.message, /^a\.example\.com closed without an answer/);
    assert.equal(receiver.connections(), 2);
  });
});
