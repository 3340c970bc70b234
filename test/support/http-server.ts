import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A plain server on loopback that is gone when the test ends; 0 takes a free port. Returns its address. */
export async function startHttpServer(
  t: Pick<TestContext, 'after'>,
  listener: RequestListener,
  port = 0,
): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
