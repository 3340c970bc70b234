import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { EgressTarget } from './address-policy.ts';
import { ConnectionError } from './connection-error.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What is posted. */
export interface PostBody {
  /** `host`, `content-length` and `connection` are set here, whatever these say. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The head of an answer, as far as it is of use. */
export interface AnswerHead {
  readonly statusCode: number;
  readonly retryAfter?: string;
  /** Wish of the receiver about later tries. */
  readonly webhookDelivery?: string;
}

/**
 * Posts over a connection and reads the answer; the connection is closed in the end.
 *
 * The head decides: once it is there, this resolves, whatever becomes of the rest. Of the rest at most 64 KiB are read, as
 * they come, not decompressed, and thrown away: some servers drop what they were doing when nobody reads their answer. The
 * head may have 16 KiB.
 *
 * @param signal ends the exchange: before the head is there it rejects, after that it resolves
 * @throws ConnectionError of stage `request` or `answer`, also when aborted
 * @throws TypeError for a header that HTTP can not hold
 */
export async function exchange(
  socket: Socket,
  target: EgressTarget,
  post: PostBody,
  signal: AbortSignal,
): Promise<AnswerHead> {
  // A reset after the answer has nobody else to hear it.
  socket.on('error', () => undefined);
  try {
    const [req, bytes] = toRequest(socket, target, post);
    const res = await readHead(req.end(bytes), socket, signal);
    await drain(res, signal);
    return toHead(res);
  } finally {
    socket.destroy();
  }
}

function toRequest(socket: Socket, target: EgressTarget, post: PostBody): [ClientRequest, Buffer] {
  const bytes = Buffer.from(post.body, 'utf8');
  const headers = {
    ...post.headers,
    host: target.authority,
    'content-length': String(bytes.length),
    connection: 'close',
  };
  // With a connection and no agent there is nothing that could reuse a connection or go through a proxy.
  const createConnection = (): Socket => socket;
  const req = request({
    method: 'POST',
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
    // Stays for good: an error after the head must not end the process.
    req.on('error', fail);
    req.once('response', done);
    // Nobody asked for another protocol; taken for an answer, 101 is not a success.
    req.once('upgrade', (res: IncomingMessage) => done(res));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** Reads and forgets, until the end, the limit, an error or the signal. Never rejects. */
function drain(res: IncomingMessage, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    res.on('end', done).on('close', done).on('error', done);
    res.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size < MAX_ANSWER_BYTES) return;
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
