import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { startTemporalRelay, type TemporalRelay } from '../../src/worker/temporal-relay.ts';
import { waitFor } from '../support/wait-for.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Says hello, then what it is told. Its connections end with it. */
async function startEcho(
  port = 0,
  onSocket?: (socket: Socket) => void,
): Promise<Server & { port: number; end(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (onSocket) return onSocket(socket);
    socket.write('hello ');
    socket.pipe(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  ends.push(end);
  return Object.assign(server, { port: (server.address() as AddressInfo).port, end });
}

async function startRelay(...through: Parameters<typeof startTemporalRelay>): Promise<TemporalRelay> {
  const relay = await startTemporalRelay(...through);
  ends.push(() => relay.close());
  return relay;
}

/** As the SDK's core does. */
async function connectBy({ proxy }: Pick<TemporalRelay, 'proxy'>, port: number, password = proxy.basicAuth?.password) {
  const credentials = Buffer.from(`${proxy.basicAuth?.username}:${password}`).toString('base64');
  const connecting = request(`http://${proxy.targetHost}`, {
    method: 'CONNECT',
    path: `127.0.0.1:${port}`,
    headers: { host: `127.0.0.1:${port}`, 'proxy-authorization': `Basic ${credentials}` },
  });
  connecting.end();
  const [{ statusCode }, socket, head] = (await once(connecting, 'connect')) as [
    { statusCode: number },
    Socket,
    Buffer,
  ];
  socket.unshift(head);
  socket.on('error', () => undefined);
  ends.push(() => socket.destroy());
  return { statusCode, socket };
}

async function echoed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write('there');
  await waitFor('the echo', () => text === 'hello there');
  return text;
}

test('passes everything on, in both directions', async () => {
  const temporal = await startEcho();
  const { statusCode, socket } = await connectBy(await startRelay(), temporal.port);
  assert.equal(statusCode, 200);
  assert.equal(await echoed(socket), 'hello there');
});

test('serves nobody who does not know its password', async () => {
  const temporal = await startEcho();
  const { statusCode } = await connectBy(await startRelay(), temporal.port, 'guessed');
  assert.equal(statusCode, 407);
});

test('refuses the first connection at once where nobody listens, and says why', async () => {
  const temporal = await startEcho();
  temporal.end();
  const relay = await startRelay();
  assert.equal((await connectBy(relay, temporal.port)).statusCode, 502);
  assert.match(relay.refusal() ?? '', /ECONNREFUSED/);
});

test('keeps a later connection waiting until Temporal is back, and tells of the return once', async () => {
  const temporal = await startEcho();
  const relay = await startRelay();
  let returns = 0;
  relay.onReturn(() => (returns += 1));
  const { socket } = await connectBy(relay, temporal.port);
  temporal.end();
  await once(socket.resume(), 'close');
  const waiting = connectBy(relay, temporal.port);
  await waitFor('a dial that fails', () => relay.refusal() !== undefined);
  await startEcho(temporal.port);
  const again = await waiting;
  assert.equal(again.statusCode, 200);
  assert.equal(await echoed(again.socket), 'hello there');
  await waitFor('the return', () => returns === 1);
  await connectBy(relay, temporal.port);
  assert.equal(returns, 1);
});

test('counts a connection that ends at once as none', async () => {
  let isThere = false;
  const balancer = await startEcho(0, (socket) => (isThere ? socket.write('hello ') : socket.destroy()));
  const relay = await startRelay();
  let returns = 0;
  relay.onReturn(() => (returns += 1));
  const { socket } = await connectBy(relay, balancer.port);
  await once(socket.resume(), 'close');
  assert.equal(returns, 0);
  isThere = true;
  await connectBy(relay, balancer.port);
  await waitFor('the return', () => returns === 1);
});

test("goes through an operator's proxy, which may ask for credentials", async () => {
  const temporal = await startEcho();
  const theirs = await startRelay();
  const { statusCode, socket } = await connectBy(await startRelay(theirs.proxy), temporal.port);
  assert.equal(statusCode, 200);
  assert.equal(await echoed(socket), 'hello there');
  const refused = await startRelay({ ...theirs.proxy, basicAuth: { username: 'worker', password: 'guessed' } });
  assert.equal((await connectBy(refused, temporal.port)).statusCode, 502);
  assert.match(refused.refusal() ?? '', /answered 407/);
});

test('lets nobody wait any more once it is told to', async () => {
  const temporal = await startEcho();
  const relay = await startRelay();
  const { socket } = await connectBy(relay, temporal.port);
  temporal.end();
  await once(socket.resume(), 'close');
  const waiting = connectBy(relay, temporal.port);
  await waitFor('a dial that fails', () => relay.refusal() !== undefined);
  relay.stopWaiting();
  assert.equal((await waiting).statusCode, 502);
  assert.equal((await connectBy(relay, temporal.port)).statusCode, 502);
});

test('ends what it holds and what waits when it is closed', async () => {
  const temporal = await startEcho();
  const relay = await startRelay();
  const { socket } = await connectBy(relay, temporal.port);
  temporal.end();
  await once(socket.resume(), 'close');
  const waiting = connectBy(relay, temporal.port);
  await waitFor('a dial that fails', () => relay.refusal() !== undefined);
  relay.close();
  await assert.rejects(waiting);
});
