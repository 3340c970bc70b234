import { createInflate, createGunzip, createInflateRaw } from 'node:zlib';
import { ProblemError } from '../../protocol/problem-error.ts';

/**
 * Unpacks a body that was sent with gzip or deflate (RFC 9110 section 8.4.1). It stops at the limit, so that a small body can't fill the
 * memory.
 *
 * @param encoding of `Content-Encoding`
 * @param limit largest unpacked body, in bytes
 * @param take is called with the number of bytes before they are kept; what it throws ends the work
 * @returns the body itself if it is not packed
 * @throws ProblemError `unsupported_media_type`, `body_too_large`, `malformed_request`
 */
export async function unpack(
  body: Buffer,
  encoding: string | undefined,
  limit: number,
  take: (bytes: number) => void,
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity' || name === '') return body;
  const stream = createStream(name, body);
  const chunks: Buffer[] = [];
  let size = 0;
  stream.end(body);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new ProblemError('body_too_large', `The unpacked body is larger than ${limit} bytes.`);
      take(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('malformed_request', `The body is not ${name}, as Content-Encoding says.`);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks, size);
}

function createStream(name: string, body: Buffer) {
  if (name === 'gzip' || name === 'x-gzip') return createGunzip();
  // "deflate" has the frame of zlib, and some senders leave it out: its first byte tells.
  if (name === 'deflate') return ((body[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
  const detail = `Content-Encoding "${name.slice(0, 40)}" is not supported: use gzip or deflate, or send the body as it is.`;
  throw new ProblemError('unsupported_media_type', detail);
}
