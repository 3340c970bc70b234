import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallbackBody, callbackBody } from '../protocol/callback-body.ts';
import { type QuestionBody, questionBody } from '../protocol/question-body.ts';
import { type RequestVerdict, verifyRequest } from '../signatures/verify-request.ts';
import type { z } from 'zod';
import { CliError } from './cli-error.ts';

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** How a delivery was signed; `unchecked` when no secret is known to check it with. */
export type SignatureFinding = 'good' | 'unchecked' | Extract<RequestVerdict, { ok: false }>['reason'];

/** One delivery, as it was received and answered. */
export interface ReceivedCallback {
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  readonly path: string;
  readonly signature: SignatureFinding;
  /** The `webhook-id`, the same on every attempt. */
  readonly webhookId: string | undefined;
  /** How often this receiver has received that id, this delivery included. */
  readonly attempt: number;
  /** The status that was answered. */
  readonly answered: number;
  /** Undefined when the body is no outcome of this project. */
  readonly body: CallbackBody | undefined;
  /** Of a callback that tells that a run asks a person. */
  readonly question: QuestionBody | undefined;
}

export interface ReceiverOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** How many deliveries are answered with 500 first. */
  readonly failFirst: number;
  /** What a delivery with a good signature is answered. */
  readonly status: number;
  /** How long an answer is held back, in milliseconds. */
  readonly delayMs: number;
  /** Asked at every delivery; none: nothing is checked. */
  readonly secrets: () => readonly string[];
  readonly onCallback: (callback: ReceivedCallback) => void;
}

export interface CallbackReceiver {
  readonly url: string;
  /** Cuts what is open and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens on loopback for callbacks, at every path, and judges each one's signature. A bad signature is answered 401.
 *
 * @throws CliError when the port is not available
 */
export async function startCallbackReceiver(options: ReceiverOptions): Promise<CallbackReceiver> {
  const closing = new AbortController();
  const seen = new Map<string, number>();
  let received = 0;
  const server = createServer((req, res) => {
    void receive(req, res).catch(() => res.destroy());
  });

  const receive = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method !== 'POST') return answer(res, 405, 'Callbacks use POST.');
    const bytes = await readBytes(req);
    if (bytes === undefined) return answer(res, 413, 'The body is too large.');
    received += 1;
    const signature = judge(req, bytes, options.secrets());
    const id = req.headers['webhook-id'];
    const webhookId = typeof id === 'string' ? id : undefined;
    const attempt = webhookId === undefined ? 1 : (seen.get(webhookId) ?? 0) + 1;
    if (webhookId !== undefined) seen.set(webhookId, attempt);
    const answered = received <= options.failFirst ? 500 : isTrusted(signature) ? options.status : 401;
    await sleep(options.delayMs, undefined, { signal: closing.signal });
    answer(res, answered);
    options.onCallback({
      receivedAt: new Date().toISOString(),
      path: req.url ?? '/',
      signature,
      webhookId,
      attempt,
      answered,
      body: readBody<CallbackBody>(bytes, callbackBody),
      question: readBody<QuestionBody>(bytes, questionBody),
    });
  };

  const port = await listen(server, options.port);
  return {
    url: `http://${HOST}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function judge(req: IncomingMessage, body: Uint8Array, secrets: readonly string[]): SignatureFinding {
  if (secrets.length === 0) return 'unchecked';
  const verdict = verifyRequest({ headers: req.headersDistinct, body, secrets, now: Date.now() });
  return verdict.ok ? 'good' : verdict.reason;
}

function isTrusted(signature: SignatureFinding): boolean {
  return signature === 'good' || signature === 'unchecked';
}

function answer(res: ServerResponse, status: number, text = ''): void {
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(status === 204 ? undefined : text);
}

async function readBytes(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += (chunk as Buffer).length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Unknown fields come from a newer server and are accepted. */
function readBody<Body>(bytes: Buffer, schema: z.ZodType<Body>): Body | undefined {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.every(({ code }) => code === 'unrecognized_keys') ? (body as Body) : undefined;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `is not available (${error.code})`;
      reject(new CliError('usage', `Port ${port} ${why}: choose another with --port, or 0 for a free one.`));
    });
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
