import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does with the bytes. `hang` accepts and stays silent; `refuse` resets every connection. */
export type ProxyMode = 'pass' | 'hang' | 'refuse';

/** A TCP proxy on loopback that a test can make misbehave. */
export interface TcpProxy {
  /** `host:port`. */
  readonly address: string;
  /** For connections to come and those that are open; `refuse` cuts the open ones. */
  setMode(mode: ProxyMode): void;
  close(): Promise<void>;
}

/** Starts a proxy to `target`, a `host:port`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '127.0.0.1', port] = target.split(':');
  let mode: ProxyMode = 'pass';
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    if (mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host, port: Number(port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => mode === 'pass' && to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    address: `127.0.0.1:${address.port}`,
    setMode(next) {
      mode = next;
      if (next === 'refuse') for (const socket of sockets) socket.resetAndDestroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
