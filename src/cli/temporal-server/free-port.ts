import { createServer } from 'node:net';

/**
 * A TCP port that nobody listens at now.
 *
 * @throws the system's error.
 */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce(host, 0);
}

/**
 * Listens at a port for a moment to learn whether it can be had.
 *
 * @throws the system's error, such as one with code `EADDRINUSE`.
 */
export function listenOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
