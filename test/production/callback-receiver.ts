import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { type CallbackBody, callbackBody } from '../../src/protocol/callback-body.ts';

/** A callback that came. */
export interface ReceivedCallback {
  readonly webhookId: string;
  readonly raw: string;
  readonly body: CallbackBody;
}

/** Takes callbacks on loopback. */
export interface CallbackReceiver {
  readonly url: string;
  /** Every callback that came for a run; one that can't be trusted is not among them. */
  of(runId: string): readonly ReceivedCallback[];
  /** What was wrong with those that could not be trusted. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Starts a receiver that checks both kinds of signature, one of them by another implementation than ours. */
export async function startCallbackReceiver(secret: string): Promise<CallbackReceiver> {
  const received = new Map<string, ReceivedCallback[]>();
  const refused: string[] = [];
  const server = createServer((req, res) => {
    void readAll(req).then((raw) => {
      try {
        const callback = verify(raw, req.headers as Record<string, string>, secret);
        const { run_id: runId } = callback.body;
        received.set(runId, [...(received.get(runId) ?? []), callback]);
        res.writeHead(204).end();
      } catch (error) {
        refused.push(String(error));
        res.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/callback`,
    of: (runId) => received.get(runId) ?? [],
    refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function verify(raw: string, headers: Record<string, string>, secret: string): ReceivedCallback {
  new Webhook(secret, { format: 'raw' }).verify(raw, headers);
  const expected = `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
  if (headers['x-hub-signature-256'] !== expected) throw new Error('X-Hub-Signature-256 does not fit');
  return { webhookId: headers['webhook-id'] ?? '', raw, body: callbackBody.parse(JSON.parse(raw)) };
}

async function readAll(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
