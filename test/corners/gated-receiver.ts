import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callbackBody, type CallbackBody } from '../../src/protocol/callback-body.ts';
import type { Gate } from './gate.ts';

/** One request of a callback. */
export interface CallbackRequest {
  readonly webhookId: string;
  readonly body: CallbackBody;
  /** Undefined until it is answered. */
  status: number | undefined;
  /** Whether the sender left before it was answered. */
  left: boolean;
}

/** What is answered to one request: a status, or 204 once the gate opens. */
export type ReceiverStep = number | Gate;

/** Receives the callbacks of one run. A server each, because the worker slows down for a host that answers late. */
export interface GatedReceiver {
  readonly url: string;
  readonly requests: readonly CallbackRequest[];
  close(): void;
}

/** @param steps for the first requests in turn; later ones are answered 204 */
export async function startGatedReceiver(steps: readonly ReceiverStep[]): Promise<GatedReceiver> {
  const requests: CallbackRequest[] = [];
  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = callbackBody.parse(await readJson(incoming));
    const step = steps[requests.length] ?? 204;
    const request: CallbackRequest = {
      webhookId: String(incoming.headers['webhook-id']),
      body,
      status: undefined,
      left: false,
    };
    requests.push(request);
    response.once('close', () => {
      request.left = request.status === undefined;
    });
    if (typeof step !== 'number') await step.opened;
    if (response.destroyed) return;
    request.status = typeof step === 'number' ? step : 204;
    response.writeHead(request.status, { connection: 'close' }).end();
  };
  const server = createServer((incoming, response) => {
    receive(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
