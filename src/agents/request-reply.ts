import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { connectionLost, type RequestOptions, sendRequest } from './send-request.ts';

/** A whole answer, as far as it was read. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The answer was longer than `maxBytes`. */
  readonly truncated: boolean;
}

/**
 * Sends a request to an agent and waits for its whole answer, however long it takes; see `sendRequest`.
 *
 * @param options.maxBytes how much of the answer is read, by its status; the rest is not waited for
 * @throws AgentError; `signal.reason` when aborted, with the connection cut
 */
export async function requestReply(options: RequestOptions & { maxBytes(status: number): number }): Promise<Reply> {
  const response = await sendRequest(options);
  try {
    return await readReply(response, options.maxBytes(response.statusCode ?? 0));
  } catch {
    options.signal.throwIfAborted();
    throw connectionLost();
  }
}

/** Reads an answer up to a number of bytes. Fails when the answer is shorter than it announced. */
export async function readReply(response: IncomingMessage, maxBytes: number): Promise<Reply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop closes the connection. A body that ends before its announced length is an error.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, maxBytes - bytes));
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
    truncated: bytes > maxBytes,
  };
}
