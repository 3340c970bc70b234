import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { EgressTarget } from './address-policy.ts';
import { ConnectionError } from './egress-error.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What is sent. */
export interface PostBody {
  /** Default: `POST`. */
  readonly method?: 'GET' | 'POST';
  /** `exchange` sets `host`, `content-length` and `connection`, whatever these say. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Keeps the body of the response if it has at most so many bytes and ends before the deadline. Default: it is discarded. */
  readonly keepBytes?: number;
}

/** The useful part of a response's head. */
export interface AnswerHead {
  readonly statusCode: number;
  readonly retryAfter?: string;
  /** The receiver's wish about later attempts. */
  readonly webhookDelivery?: string;
  /** The whole body, where `keepBytes` asked for it and it came whole, in no encoding. */
  readonly content?: Buffer;
}

/**
 * Sends a request over a connection, reads the response, and closes the connection.
 *
 * The head decides: once it has arrived, this resolves, whatever happens to the body. It reads at most 64 KiB of the body, or
 * `keepBytes`, without decompressing it, because some servers stop their work when nobody reads their response. The head may
 * have 16 KiB.
 *
 * @param signal ends the exchange, which rejects before the head has arrived and resolves after that
 * @throws ConnectionError of stage `request` or `answer`, also when aborted
 * @throws TypeError for a header that HTTP does not permit
 */
export async function exchange(
  socket: Socket,
  target: EgressTarget,
  post: PostBody,
  signal: AbortSignal,
): Promise<AnswerHead> {
  // Nobody else listens for a reset after the response.
  socket.on('error', () => undefined);
  try {
    const [req, bytes] = toRequest(socket, target, post);
    const res = await readHead(req.end(bytes), socket, signal);
    const content = await readContent(res, signal, post.keepBytes);
    return { ...toHead(res), ...(content !== undefined && { content }) };
  } finally {
    socket.destroy();
  }
}

function toRequest(socket: Socket, target: EgressTarget, post: PostBody): [ClientRequest, Buffer] {
  const bytes = Buffer.from(post.body, 'utf8');
  const { method = 'POST' } = post;
  const headers = {
    ...post.headers,
    host: target.authority,
    ...(method === 'POST' && { 'content-length': String(bytes.length) }),
    connection: 'close',
  };
  // With a given connection and no agent, nothing can reuse a connection or use a proxy.
  const createConnection = (): Socket => socket;
  const req = request({
    method,
    path: target.path,
    headers,
    createConnection,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
  });
  return [req, bytes];
}

function readHead(req: ClientRequest, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  const readBefore = socket.bytesRead;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      req.destroy();
      reject(new ConnectionError(socket.bytesRead > readBefore ? 'answer' : 'request', error));
    };
    const onAbort = (): void => fail('ABORTED');
    const done = (res: IncomingMessage): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(res);
    };
    // This listener stays: an error after the head must not end the process.
    req.on('error', fail);
    req.once('response', done);
    // Nobody asked for another protocol; as a response, 101 is not a success.
    req.once('upgrade', (res: IncomingMessage) => done(res));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** Reads until the end, the limit, an error or the signal. Never rejects. */
function readContent(res: IncomingMessage, signal: AbortSignal, keepBytes?: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let size = 0;
    const chunks: Buffer[] = [];
    const done = (): void => {
      signal.removeEventListener('abort', done);
      const isWhole = res.complete && res.headers['content-encoding'] === undefined;
      resolve(keepBytes !== undefined && isWhole && size <= keepBytes ? Buffer.concat(chunks) : undefined);
    };
    signal.addEventListener('abort', done);
    res.on('end', done).on('close', done).on('error', done);
    res.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (keepBytes !== undefined) chunks.push(chunk);
      if (size <= (keepBytes ?? MAX_ANSWER_BYTES - 1)) return;
      res.pause();
      done();
    });
    if (signal.aborted || res.destroyed || res.statusCode === 101) done();
  });
}

function toHead(res: IncomingMessage): AnswerHead {
  const retryAfter = res.headers['retry-after'];
  const webhookDelivery = res.headers['webhook-delivery'];
  return {
    statusCode: res.statusCode ?? 0,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(typeof webhookDelivery === 'string' && { webhookDelivery }),
  };
}
