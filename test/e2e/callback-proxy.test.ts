import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

test('with CALLBACK_PROXY a callback reaches a host that only the proxy can find', async (t) => {
  const asked: string[] = [];
  let to = 0;
  const proxy = createServer().on('connect', (req: IncomingMessage, socket: Socket) => {
    asked.push(`${req.url} ${req.headers['proxy-authorization']}`);
    const upstream = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) one.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { start, get, callbacks, callbackUrl } = await startTestStack(t, {
    env: { CALLBACK_PROXY: `http://me:secret@127.0.0.1:${port}` },
  });
  to = Number(new URL(callbackUrl).port);
  // Never in any DNS (RFC 6761 6.4).
  const { id } = await start({ text: 'Say hello', callback_url: 'http://receiver.invalid/hook' });
  await waitFor('the callback', () => callbacks.length === 1, 20_000);
  assert.deepEqual([callbacks[0]?.signature, callbacks[0]?.path], ['good', '/hook']);
  assert.deepEqual(asked, [`receiver.invalid:80 Basic ${Buffer.from('me:secret').toString('base64')}`]);
  assert.equal((await get(id, 10)).status, 'completed');
});
