import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { Connection } from '@temporalio/client';
import { readTemporalSettings, toClientOptions } from '../../src/stack/temporal-settings.ts';
import { StartError } from '../../src/stack/start-error.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

/** A name that the proxy alone can find. */
const ADDRESS = 'temporal.invalid:7233';

describe('TEMPORAL_PROXY', () => {
  test('takes every connection to Temporal, of runs and of long polls', async (t) => {
    const proxy = await startConnectProxy(t);
    const env = { TEMPORAL_ADDRESS: ADDRESS, TEMPORAL_PROXY: `ada:p%40ss@${proxy.address}` };
    const { connectionOptions } = readTemporalSettings(env);
    const stack = await startTestStack(t, { connectionOptions });
    const { id } = await stack.start({ text: 'Say hello' });
    assert.equal((await stack.get(id, 20)).status, 'completed');
    assert.ok(proxy.asked.length >= 2, `${proxy.asked.length} connections`);
    for (const { url, headers } of proxy.asked) {
      assert.equal(url, ADDRESS);
      assert.equal(headers['proxy-authorization'], `Basic ${btoa('ada:p@ss')}`);
    }
  });

  test('is the only proxy: those of the environment are ignored', async (t) => {
    const { address } = await connectToTestServer();
    process.env['grpc_proxy'] = 'http://127.0.0.1:1';
    t.after(() => delete process.env['grpc_proxy']);
    const connection = await Connection.connect({ ...toClientOptions({ address }), connectTimeout: 5000 });
    await connection.close();
  });

  test('is read as host and port, with or without credentials and http://', () => {
    const proxyOf = (TEMPORAL_PROXY: string) => readTemporalSettings({ TEMPORAL_PROXY }).connectionOptions.proxy;
    const plain = { type: 'http-connect', targetHost: 'proxy.internal:3128' };
    assert.equal(proxyOf(''), undefined);
    assert.deepEqual(proxyOf('proxy.internal:3128'), plain);
    assert.deepEqual(proxyOf('http://proxy.internal:3128/'), plain);
    const basicAuth = { username: 'ada', password: 'a:b@c' };
    assert.deepEqual(proxyOf('ada:a:b%40c@proxy.internal:3128'), { ...plain, basicAuth });
    assert.deepEqual(proxyOf('[::1]:3128'), { ...plain, targetHost: '[::1]:3128' });
  });

  for (const bad of [
    'proxy.internal',
    'https://hunter2@proxy:1',
    'a:hunter2%@proxy:1',
    'proxy:1/hunter2',
    'proxy:99999',
  ]) {
    test(`${bad} is refused without repeating it`, () => {
      assert.throws(
        () => readTemporalSettings({ TEMPORAL_PROXY: bad }),
        (error) =>
          error instanceof StartError &&
          error.message.startsWith('TEMPORAL_PROXY is not') &&
          !/hunter2/.test(error.message),
      );
    });
  }
});

/** An HTTP proxy that connects whatever it is asked for to the Temporal server of the tests. */
async function startConnectProxy(t: TestContext): Promise<{ address: string; asked: IncomingMessage[] }> {
  const [host = '', port] = (await connectToTestServer()).address.split(':');
  const asked: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    asked.push(req);
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { address: `127.0.0.1:${address.port}`, asked };
}
