import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What the proxy does with the bytes. `hang` accepts and loses them; `refuse` resets every connection; `hold` keeps them
 * until the mode changes, as TCP does while a network is down for a while; `mute` loses what the target says.
 */
export type ProxyMode = 'pass' | 'hang' | 'refuse' | 'hold' | 'mute';

/** A TCP proxy on loopback that a test can make misbehave. */
export interface TcpProxy {
  /** `host:port`. */
  readonly address: string;
  /** For connections to come and those that are open; `refuse` cuts the open ones. */
  setMode(mode: ProxyMode): void;
  /** Holds all that comes from now on back for so long, in milliseconds, in each direction. */
  setDelay(ms: number): void;
  /** Resets every open connection, and takes new ones as before. */
  cut(): void;
  close(): Promise<void>;
}

/** How often is looked whether what is held may go, in milliseconds. */
const LOOK_MS = 5;

/** Starts a proxy to `target`, a `host:port`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '127.0.0.1', port] = target.split(':');
  let mode: ProxyMode = 'pass';
  let delayMs = 0;
  const sockets = new Set<Socket>();
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const relay = (from: Socket, to: Socket, silent: ProxyMode): void => {
    const held: { readonly chunk: Buffer; readonly dueAt: number }[] = [];
    let timer: NodeJS.Timeout | undefined;
    const passOn = (): void => {
      timer = undefined;
      if (mode !== 'hold') {
        const now = performance.now();
        const later = held.findIndex(({ dueAt }) => dueAt > now);
        for (const { chunk } of held.splice(0, later < 0 ? held.length : later)) to.write(chunk);
      }
      if (held.length > 0) timer = setTimeout(passOn, LOOK_MS);
    };
    sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      if (mode === 'hang' || mode === silent) return;
      held.push({ chunk, dueAt: performance.now() + delayMs });
      if (timer === undefined) passOn();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      clearTimeout(timer);
      sockets.delete(from);
      to.destroy();
    });
  };
  const server: Server = createServer((client) => {
    if (mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host, port: Number(port) });
    relay(client, upstream, 'hang');
    relay(upstream, client, 'mute');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    address: `127.0.0.1:${address.port}`,
    setMode(next) {
      mode = next;
      if (next === 'refuse') cut();
    },
    setDelay(ms) {
      delayMs = ms;
    },
    cut,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
