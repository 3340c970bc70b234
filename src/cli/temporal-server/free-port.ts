import { createServer } from 'node:net';

/**
 * A TCP port that is free now.
 *
 * @throws the system's error.
 */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce(host, 0);
}

/**
 * Listens on a port for a moment to check that it is free.
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
