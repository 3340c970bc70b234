import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';

/** A callback as it arrived. */
export interface ReceivedCallback {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CallbackReceiver {
  readonly url: string;
  readonly port: number;
  readonly received: ReceivedCallback[];
}

/** What a receiver answers; no status: it says nothing at all. */
export interface ReceiverAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long it takes, in milliseconds. Default: 0. */
  readonly afterMs?: number;
}

/** What is answered to the nth request, from 0, at a path. */
export type Answer = (nth: number, path: string) => ReceiverAnswer;

/**
 * An HTTP receiver on loopback for one test.
 *
 * @param answer default: 200 always.
 */
export async function startCallbackReceiver(
  t: TestContext,
  answer: Answer = () => ({ status: 200 }),
): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    req.on('end', () => {
      const { status, headers = {}, body: text, afterMs = 0 } = answer(received.length, req.url ?? '');
      received.push({ method: req.method ?? '', path: req.url ?? '', headers: req.headers, body });
      if (status !== undefined) setTimeout(() => res.writeHead(status, headers).end(text), afterMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/hook?key=hunter2`, port: address.port, received };
}
