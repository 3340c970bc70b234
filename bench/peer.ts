import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An agent that answers at once, or never, and a receiver that takes every callback. */
export interface Peer {
  readonly url: string;
  /** Resolves when the callback of a run has come. */
  callbackOf(runId: string): Promise<void>;
  /** How long the agent takes from now on, in milliseconds. */
  setAgentDelay(milliseconds: number): void;
  close(): void;
}

/** Starts both in this process, which is not one that is measured. */
export async function startPeer(): Promise<Peer> {
  const came = new Set<string>();
  const waiting = new Map<string, () => void>();
  let delayMs = 0;
  const server = createServer((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk: string) => void (body += chunk));
    request.on('end', () => {
      if (request.url === '/chat') {
        const answer = { output: 'ok', session_id: 's', iterations: 1, input_tokens: 1, output_tokens: 1 };
        setTimeout(() => {
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
        }, delayMs);
        return;
      }
      response.writeHead(204).end();
      const { run_id: id } = JSON.parse(body) as { run_id: string };
      waiting.get(id)?.();
      if (!waiting.delete(id)) came.add(id);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callbackOf: (runId) =>
      came.delete(runId) ? Promise.resolve() : new Promise((resolve) => waiting.set(runId, resolve)),
    setAgentDelay: (milliseconds) => void (delayMs = milliseconds),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
