import { createServer, type Server } from 'node:http';

/** A receiver of callbacks on loopback. */
export interface BenchReceiver {
  readonly url: string;
  /** Requests that have come so far. */
  readonly count: () => number;
  readonly close: () => void;
}

/** Takes every callback at once, and tells when it came, by run id. */
export function startHealthy(onCallback: (runId: string) => void): Promise<BenchReceiver> {
  return start((server, seen) =>
    server.on('request', (req, res) => {
      seen();
      req.resume().on('end', () => {
        onCallback(String(req.headers['webhook-id']));
        res.writeHead(204).end();
      });
    }),
  );
}

/** Takes connections and never answers. */
export function startHanging(): Promise<BenchReceiver> {
  return start((server, seen) =>
    server.on('request', (req) => {
      seen();
      req.resume();
    }),
  );
}

/** Answers 200 at once and its body a byte a second, for ever. */
export function startTrickling(): Promise<BenchReceiver> {
  return start((server, seen) =>
    server.on('request', (req, res) => {
      seen();
      req.resume();
      res.writeHead(200);
      const timer = setInterval(() => res.write('.'), 1000);
      res.on('close', () => clearInterval(timer));
    }),
  );
}

async function start(serve: (server: Server, seen: () => void) => void): Promise<BenchReceiver> {
  let count = 0;
  const server = createServer();
  serve(server, () => (count += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    count: () => count,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
