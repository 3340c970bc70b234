import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { parseEgressProxy } from '../../src/egress/egress-proxy.ts';
import { guardedPost, type GuardedPost, type PostAnswer } from '../../src/egress/guarded-request.ts';
import { egressFailure } from './egress-failure.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { answerWith, listen, OK_ANSWER, startReceiver } from './test-receiver.ts';

const PEM = readFileSync(new URL('fixtures/receiver.pem', import.meta.url));
const RULES = { allowedDomains: [], permitNetworks: [] };

interface TestProxy {
  readonly url: string;
  /** The requests that it was asked to connect. */
  readonly asked: IncomingMessage[];
}

/** A proxy on loopback that connects whatever it is asked for to one port here, or answers with a status. */
async function startProxy(
  t: TestContext,
  to: number | { readonly status: number },
  server: Server = createServer(),
): Promise<TestProxy> {
  const asked: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    asked.push(req);
    socket.on('error', () => undefined);
    if (typeof to === 'object') {
      socket.end(`HTTP/1.1 ${to.status} No\r\ncontent-length: 7\r\n\r\nhunter2`);
      return;
    }
    const upstream = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    sockets.add(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `${server instanceof HttpsServer ? 'https' : 'http'}://127.0.0.1:${address.port}`, asked };
}

function post(url: string, proxy: string, options: Partial<GuardedPost> = {}): Promise<PostAnswer> {
  const resolve = (): Promise<string[]> => assert.fail('nothing is resolved here');
  const given = { url, headers: {}, body: '{}', timeoutMs: 5000, rules: RULES, resolve };
  return guardedPost({ ...given, proxy: parseEgressProxy(proxy), ...options });
}

describe('through an egress proxy', () => {
  test('a callback goes by CONNECT to the name, and the receiver sees nothing of the proxy', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    const proxy = await startProxy(t, receiver.port);
    expectNoLeftovers(t);
    const answer = await post('http://a.example.com:8080/hook?k=1', proxy.url.replace('//', '//me:p%40ss@'));
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.address, new URL(proxy.url).host);
    const [req] = proxy.asked;
    assert.deepEqual([req?.url, req?.headers.host], ['a.example.com:8080', 'a.example.com:8080']);
    assert.equal(req?.headers['proxy-authorization'], `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    assert.match(receiver.received(), /^POST \/hook\?k=1 HTTP\/1\.1\r\n[^]*host: a\.example\.com:8080\r\n/);
    assert.doesNotMatch(receiver.received(), /proxy|Basic/i);
  });

  test('TLS is agreed with the receiver, by the name of the URL', async (t) => {
    const names: unknown[] = [];
    const receiver = await listen(t, createTlsServer({ key: PEM, cert: PEM }), 'secureConnection', (socket) => {
      names.push((socket as TLSSocket).servername);
      answerWith(OK_ANSWER)(socket);
    });
    const proxy = await startProxy(t, receiver.port);
    expectNoLeftovers(t);
    assert.equal((await post('https://a.example.com/', proxy.url, { trust: { ca: PEM } })).statusCode, 200);
    assert.deepEqual([names, proxy.asked[0]?.url], [['a.example.com'], 'a.example.com:443']);
    const error = await egressFailure(post('https://b.example.com/', proxy.url, { trust: { ca: PEM } }));
    assert.deepEqual([error.errorClass, receiver.received().includes('b.example.com')], ['tls', false]);
  });

  test('the proxy itself may speak TLS, and its certificate is checked', async (t) => {
    const receiver = await listen(t, createTlsServer({ key: PEM, cert: PEM }), 'secureConnection', (socket) =>
      answerWith(OK_ANSWER)(socket),
    );
    const proxy = await startProxy(t, receiver.port, createHttpsServer({ key: PEM, cert: PEM }));
    expectNoLeftovers(t);
    assert.equal((await post('https://a.example.com/', proxy.url, { trust: { ca: PEM } })).statusCode, 200);
    const error = await egressFailure(post('https://a.example.com/', proxy.url));
    assert.equal(error.errorClass, 'connect');
    assert.match(error.message, /^a\.example\.com was not reached by the egress proxy \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
    assert.equal(proxy.asked.length, 1);
  });

  test('what can be judged without a lookup is judged as ever, before the proxy is asked', async (t) => {
    const proxy = await startProxy(t, { status: 200 });
    for (const url of ['http://10.0.0.1/', 'http://[::1]/', 'http://localhost/', 'http://metadata.goog/', 'ftp://h/']) {
      const error = await egressFailure(post(url, proxy.url));
      assert.deepEqual([error.errorClass, error.final], ['refused_by_policy', true], url);
    }
    assert.equal(proxy.asked.length, 0);
  });

  for (const status of [403, 407]) {
    test(`its ${status} is a refusal, for this try alone`, async (t) => {
      const proxy = await startProxy(t, { status });
      expectNoLeftovers(t);
      const error = await egressFailure(post('https://a.example.com/', proxy.url));
      assert.deepEqual([error.errorClass, error.final], ['refused_by_policy', false]);
      assert.equal(
        error.message,
        `a.example.com was refused by the egress proxy (PROXY_${status}): use an address that the proxy permits`,
      );
    });
  }

  const faults: Readonly<Record<string, readonly [(t: TestContext) => Promise<string>, RegExp]>> = {
    'answers 502': [async (t) => (await startProxy(t, { status: 502 })).url, /\(PROXY_502\)/],
    'is not there': [() => Promise.resolve('http://127.0.0.1:59999'), /\(ECONNREFUSED\)/],
    'answers garbage': [(t) => urlOf(startReceiver(t, (socket) => void socket.end('hunter2\r\n\r\n'))), /\(HPE_\w+\)/],
    'hangs up': [
      (t) => urlOf(startReceiver(t, (socket) => void socket.once('data', () => socket.destroy()))),
      /ECONNRESET/,
    ],
  };
  for (const [title, [start, words]] of Object.entries(faults)) {
    test(`a proxy that ${title} fails as connect, and the setting is named`, async (t) => {
      const url = await start(t);
      expectNoLeftovers(t);
      const error = await egressFailure(post('http://a.example.com/', url));
      assert.equal(error.errorClass, 'connect');
      assert.match(
        error.message,
        /^a\.example\.com was not reached by the egress proxy .*CALLBACK_PROXY \(callback\.proxy\)$/,
      );
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /hunter2|127\.0/);
    });
  }

  test('a proxy that is silent ends with the deadline', async (t) => {
    const url = await urlOf(startReceiver(t, () => undefined));
    expectNoLeftovers(t);
    const error = await egressFailure(post('http://a.example.com/', url, { timeoutMs: 200 }));
    assert.equal(error.errorClass, 'timeout');
    assert.match(error.message, /^a\.example\.com was not reached by the egress proxy within 0\.2 s/);
  });

  test('an abort closes the tunnel', async (t) => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const url = await urlOf(startReceiver(t, (socket) => void socket.once('data', () => abort.abort(reason))));
    expectNoLeftovers(t);
    await assert.rejects(post('http://a.example.com/', url, { signal: abort.signal }), (error) => error === reason);
  });
});

test('the address of a proxy is read, and what is none is not repeated', () => {
  assert.deepEqual(parseEgressProxy('http://proxy.internal:3128'), {
    secure: false,
    host: 'proxy.internal',
    port: 3128,
  });
  assert.deepEqual(parseEgressProxy('https://[fd00::1]/'), { secure: true, host: 'fd00::1', port: 443 });
  for (const text of ['', 'proxy:3128', 'socks5://hunter2@h', 'http://hunter2@h/path', 'http://h/?hunter2']) {
    assert.throws(
      () => parseEgressProxy(text),
      (error) => error instanceof RangeError && !error.message.includes('hunter2'),
    );
  }
});

async function urlOf(receiver: Promise<{ port: number }>): Promise<string> {
  return `http://127.0.0.1:${(await receiver).port}`;
}

test('headers bound to a host go over https, or to a private network, and to no other host', async (t) => {
  const plain = await startReceiver(t, answerWith(OK_ANSWER));
  const tls = await listen(t, createTlsServer({ key: PEM, cert: PEM }), 'secureConnection', answerWith(OK_ANSWER));
  const [toPlain, toTls] = [await startProxy(t, plain.port), await startProxy(t, tls.port)];
  const bound = { hosts: ['a.example.com', '10.1.2.3'], headers: { 'x-key': 'k1' } };
  const permitted = { rules: { ...RULES, permitNetworks: ['10.0.0.0/8'] }, bound };
  const secure = { bound, trust: { ca: PEM } };
  const isSent = (receiver: { received: () => string }): boolean => receiver.received().includes('x-key: k1\r\n');

  assert.equal((await post('http://a.example.com/', toPlain.url, { bound })).withheld, true);
  assert.equal((await post('http://b.example.com/', toPlain.url, { bound })).withheld, undefined);
  assert.equal((await post('http://10.1.2.4/', toPlain.url, permitted)).withheld, undefined);
  assert.equal((await post('https://b.example.com/', toTls.url, secure).catch(() => undefined))?.withheld, undefined);
  assert.equal(isSent(plain) || isSent(tls), false);
  assert.equal((await post('https://a.example.com/', toTls.url, secure)).withheld, undefined);
  assert.equal(isSent(tls), true);
  assert.equal((await post('http://10.1.2.3/', toPlain.url, permitted)).withheld, undefined);
  assert.equal(isSent(plain), true);
});
