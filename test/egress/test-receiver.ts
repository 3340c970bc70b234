import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A TCP listener that counts who reaches it. */
export interface TestReceiver {
  readonly port: number;
  readonly connections: () => number;
  /** Everything that came, of all connections. */
  readonly received: () => string;
  /** Bytes that were handed to the kernel, of all connections. */
  readonly sent: () => number;
}

/**
 * Listens on loopback for one test and does with each connection what the test says.
 *
 * @param serve gets the connection and its number, from 0
 */
export function startReceiver(
  t: Pick<TestContext, 'after'>,
  serve: (socket: Socket, nth: number) => void,
  place: { host?: string; port?: number } = {},
): Promise<TestReceiver> {
  const server = createServer({ noDelay: true });
  return listen(t, server, 'connection', serve, place);
}

/** The same for any kind of server and the event by which it tells of a connection. */
export async function listen(
  t: Pick<TestContext, 'after'>,
  server: Server,
  event: 'connection' | 'secureConnection',
  serve: (socket: Socket, nth: number) => void,
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<TestReceiver> {
  const sockets = new Set<Socket>();
  let sentByClosed = 0;
  let connections = 0;
  let received = '';
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .once('close', () => {
        sockets.delete(socket);
        sentByClosed += socket.bytesWritten;
      });
  });
  let served = 0;
  server.on(event, (socket: Socket) => {
    socket.on('error', () => undefined).on('data', (chunk) => (received += chunk.toString('latin1')));
    serve(socket, served++);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    port: address.port,
    connections: () => connections,
    received: () => received,
    sent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, sentByClosed),
  };
}

/** Answers once the whole head and body have come, and closes. */
export function answerWith(answer: string): (socket: Socket) => void {
  return (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end >= 0 && text.length >= end + 4 + length) socket.end(answer);
    });
  };
}

export const OK_ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
