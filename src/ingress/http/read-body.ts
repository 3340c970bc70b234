import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProblemError } from '../../protocol/problem-error.ts';

export interface BodyLimits {
  /** Largest body, in bytes. */
  readonly body: number;
  /** Time from the headers to the last byte of the body, in milliseconds. */
  readonly bodyTimeout: number;
  /** Whether a packed body is read as it is, to be unpacked later. */
  readonly mayBePacked?: boolean;
}

/**
 * Reads the body of a request as raw bytes.
 *
 * @param take is called with the number of bytes before they are kept; what it throws ends the reading
 * It stops at the limit and leaves the rest unread; the error responder then closes the connection.
 *
 * @throws ProblemError `unsupported_media_type` for a compressed body, `body_too_large`, and `request_timeout` when the
 * body arrives too slowly or the sender disconnects
 */
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limits: BodyLimits,
  take: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  if (limits.mayBePacked !== true) refuseEncoded(req);
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > limits.body) throw tooLarge(limits.body);
  // RFC 9110 section 10.1.1: the sender waits for this before it sends the body.
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  return collect(req, limits, take);
}

function refuseEncoded(req: IncomingMessage): void {
  const encoding = req.headers['content-encoding'];
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
  const detail = `Content-Encoding "${encoding.slice(0, 40)}" is not supported: send the body uncompressed.`;
  throw new ProblemError('unsupported_media_type', detail);
}

function collect(req: IncomingMessage, limits: BodyLimits, take: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    };
    const fail = (error: unknown): void => {
      stop();
      req.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limits.body) {
        fail(tooLarge(limits.body));
        return;
      }
      try {
        take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(Buffer.concat(chunks, size));
    };
    const onGone = (): void =>
      fail(new ProblemError('request_timeout', 'The connection closed before the end of the body.'));
    const timer = setTimeout(() => {
      const detail = `The body did not arrive within ${limits.bodyTimeout} ms: send it faster, or send less.`;
      fail(new ProblemError('request_timeout', detail));
    }, limits.bodyTimeout);
    req.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

function tooLarge(limit: number): ProblemError {
  return new ProblemError('body_too_large', `The body is larger than ${limit} bytes: send a smaller one.`);
}
