import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { pause } from '../timing/until.ts';

type Proxy = NonNullable<NativeConnectionOptions['proxy']>;

/** A way to Temporal that waits while Temporal is away. */
export interface TemporalRelay {
  /** Where it listens on loopback. */
  readonly port: number;
  /** For a native connection, in place of a proxy of the operator's. */
  readonly proxy: Proxy;
  /** Why Temporal could not be reached the last time. */
  readonly refusal: () => string | undefined;
  /** Calls the listener each time Temporal can be reached again after it could not. Returns what removes it. */
  onReturn(listener: () => void): () => void;
  /** From now on a connection fails at once: a worker that shuts down waits for its calls, and they would wait for Temporal. */
  stopWaiting(): void;
  close(): void;
}

const USER = 'worker';
const DIAL_AGAIN_MS = 100;
/** The system sends a SYN that nobody answers again after 1 s, 3 s and so on: a new one of our own is sooner. */
const DIAL_MS = 2000;
/** A connection that ends sooner was never one: a load balancer takes it, and has nothing behind it. */
const FLAPPING_MS = 250;

/**
 * Starts a relay between the SDK's core and Temporal: an HTTP proxy for `CONNECT` on loopback that takes the core's connections alone. Once
 * Temporal was reached, a connection to it is kept waiting, and dialed again, for as long as Temporal is away. Without a relay a poll
 * fails at once, and the core waits up to 12 s before the next one, even if Temporal is back: the SDK has no setting for that.
 *
 * @param through a proxy of the operator's on the way to Temporal
 */
export async function startTemporalRelay(through?: Proxy): Promise<TemporalRelay> {
  const password = randomBytes(16).toString('hex');
  const expected = basic({ username: USER, password });
  const waiting = new AbortController();
  const sockets = new Set<Socket>();
  const listeners = new Set<() => void>();
  let wasReached = false;
  let isAway = false;
  let refusal: string | undefined;

  const dial = async (target: string): Promise<Socket | undefined> => {
    try {
      const socket = await (through ? dialThrough(through, target) : dialDirectly(target));
      wasReached = true;
      refusal = undefined;
      return socket;
    } catch (error) {
      isAway = true;
      refusal = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  };
  const reached = (upstream: Socket): void => {
    let wasLong = false;
    const long = setTimeout(() => {
      wasLong = true;
      if (!isAway) return;
      isAway = false;
      for (const tell of listeners) tell();
    }, FLAPPING_MS);
    upstream.once('close', () => {
      clearTimeout(long);
      isAway ||= !wasLong;
    });
  };
  const relay = async (client: Socket, target: string): Promise<void> => {
    let upstream = await dial(target);
    // The first connection of all fails at once, so that a wrong address is told.
    while (upstream === undefined && wasReached && !client.destroyed && !waiting.signal.aborted) {
      await pause(DIAL_AGAIN_MS, waiting.signal);
      upstream = await dial(target);
    }
    if (upstream === undefined) return void client.end('HTTP/1.1 502 Temporal is not there\r\n\r\n');
    client.write('HTTP/1.1 200 Connected\r\n\r\n');
    pipeline(client, upstream, client, () => undefined);
    reached(upstream);
  };

  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on('connect', ({ headers, url = '' }: IncomingMessage, client: Socket, head: Buffer) => {
    client.unshift(head);
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    client.setNoDelay();
    if (headers['proxy-authorization'] === expected) void relay(client, url);
    else client.end('HTTP/1.1 407 Not for you\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const targetHost = `127.0.0.1:${port}`;
  return {
    port,
    proxy: { type: 'http-connect', targetHost, basicAuth: { username: USER, password } },
    refusal: () => refusal,
    onReturn(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stopWaiting: () => waiting.abort(),
    close() {
      waiting.abort();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** @param target `host:port` */
function dialDirectly(target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const port = target.slice(target.lastIndexOf(':') + 1);
    const host = target.slice(0, -port.length - 1).replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port), noDelay: true, timeout: DIAL_MS });
    socket.once('timeout', () => socket.destroy(new Error(`${target} does not answer`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function dialThrough({ targetHost, basicAuth }: Proxy, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const connecting = request(`http://${targetHost.replace(/^http:\/\//, '')}`, {
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...(basicAuth && { 'proxy-authorization': basic(basicAuth) }) },
      timeout: DIAL_MS,
    });
    connecting.once('timeout', () => connecting.destroy(new Error(`the proxy ${targetHost} does not answer`)));
    connecting.once('error', reject);
    connecting.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode >= 200 && statusCode <= 299) {
        socket.setTimeout(0);
        socket.on('error', () => undefined);
        socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new Error(`the proxy ${targetHost} answered ${statusCode}`));
    });
    connecting.end();
  });
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
