import { createServer, type IncomingMessage } from 'node:http';
import { verifyRequest } from '../../src/signatures/verify-request.ts';
import { preciseNow } from './precise-now.ts';
import type { Random } from '../support/seeded-random.ts';

/** One callback as it came and was answered. */
export interface CallbackEvent {
  /** Milliseconds since the epoch, when the answer was written. */
  readonly at: number;
  readonly status: number;
  readonly body: string;
}

/** Receives callbacks in the test's own process, which nobody kills. */
export interface CallbackLedger {
  readonly url: string;
  /** By `webhook-id`. */
  readonly events: ReadonlyMap<string, readonly CallbackEvent[]>;
  /** Callbacks without a good signature. */
  readonly refused: readonly string[];
  /** Resolves when a callback of each run has been answered 2xx. */
  delivered(runIds: readonly string[], signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface CallbackLedgerOptions {
  readonly secret: string;
  /** How often a callback is answered 500, from 0 to 1. */
  readonly failing: number;
  readonly random: Random;
}

/** Whether a receiver has taken a callback. */
export function isTaken({ status }: Pick<CallbackEvent, 'status'>): boolean {
  return status >= 200 && status <= 299;
}

/** Starts a receiver on loopback that fails now and then. */
export async function startCallbackLedger(options: CallbackLedgerOptions): Promise<CallbackLedger> {
  const { secret, failing, random } = options;
  const events = new Map<string, CallbackEvent[]>();
  const refused: string[] = [];
  let onTaken = (): void => undefined;
  const server = createServer((req, res) => {
    void readAll(req).then((bytes) => {
      const verdict = verifyRequest({ headers: req.headersDistinct, body: bytes, secrets: [secret], now: Date.now() });
      if (!verdict.ok) refused.push(verdict.reason);
      const status = !verdict.ok ? 401 : random() < failing ? 500 : 204;
      const id = String(req.headers['webhook-id']);
      res.writeHead(status).end();
      events.set(id, [...(events.get(id) ?? []), { at: preciseNow(), status, body: bytes.toString('utf8') }]);
      if (status === 204) onTaken();
    });
  });
  // Connections of workers that are gone for ever must not hold up anything.
  server.keepAliveTimeout = 5000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/callbacks`,
    events,
    refused,
    delivered(runIds, signal) {
      const left = new Set(runIds);
      return new Promise((resolve) => {
        onTaken = () => {
          for (const id of left) if (events.get(id)?.some(isTaken)) left.delete(id);
          if (left.size === 0) resolve();
        };
        onTaken();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
