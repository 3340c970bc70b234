import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProblemError } from '../../protocol/problems.ts';
import type { IngressLimits } from '../app-deps.ts';

/**
 * Reads a request's body as the bytes that were sent.
 *
 * Stops at the limit: what lies beyond it is left unread, and the error responder closes the connection.
 *
 * @throws ProblemError `unsupported_media_type` for a compressed body, `body_too_large`, and `request_timeout` when the
 * body comes too slowly or its sender went away
 */
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limits: Pick<IngressLimits, 'body' | 'bodyTimeout'>,
): Promise<Buffer> {
  refuseEncoded(req);
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > limits.body) throw tooLarge(limits.body);
  // RFC 9110 section 10.1.1: the sender holds its body back until it is asked for it.
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  return collect(req, limits);
}

function refuseEncoded(req: IncomingMessage): void {
  const encoding = req.headers['content-encoding'];
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
  const detail = `Content-Encoding "${encoding.slice(0, 40)}" is not understood: send the body uncompressed.`;
  throw new ProblemError('unsupported_media_type', detail);
}

function collect(req: IncomingMessage, limits: Pick<IngressLimits, 'body' | 'bodyTimeout'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    };
    const fail = (error: ProblemError): void => {
      stop();
      req.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limits.body) fail(tooLarge(limits.body));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      stop();
      resolve(Buffer.concat(chunks, size));
    };
    const onGone = (): void => fail(new ProblemError('request_timeout', 'The body broke off before its end.'));
    const timer = setTimeout(() => {
      const detail = `The body was not complete after ${limits.bodyTimeout} ms: send it faster, or send less.`;
      fail(new ProblemError('request_timeout', detail));
    }, limits.bodyTimeout);
    req.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

function tooLarge(limit: number): ProblemError {
  return new ProblemError('body_too_large', `The body may have ${limit} bytes at most: send a shorter task.`);
}
