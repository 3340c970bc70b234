import { createServer, type Server } from 'node:http';
import { PORT, REDIRECT_PORT, REFUSED_URLS } from './addresses.ts';

/** Listens on every address: whoever reaches a forbidden one would be answered. */
export async function startReceivers(): Promise<{ close(): void }> {
  const taking = createServer((req, res) => {
    req.resume();
    res.end('ok');
  });
  const leading = createServer((req, res) => {
    req.resume();
    // What a header can't hold no receiver can send.
    const location = encodeURI(decodeURI(REFUSED_URLS[Number(req.url?.slice(1))] ?? '/'));
    res.writeHead(307, { location }).end();
  });
  await Promise.all([listen(taking, PORT), listen(leading, REDIRECT_PORT)]);
  return {
    close() {
      for (const server of [taking, leading]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '::', resolve);
  });
}
