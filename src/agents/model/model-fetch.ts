import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { AgentError } from '../agent.ts';
import { readReply } from '../request-reply.ts';
import { tooLarge } from '../too-large.ts';
import { connectionLost, sendRequest } from '../send-request.ts';
import { sortModelFailure } from './model-failures.ts';

/** Enough to find the codes of an error. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A token of four bytes arrives as an event of some 250. */
const STREAM_BYTES_PER_BYTE = 64;
/** Some events have the whole answer; JSON may need six bytes for one of the text (`\u0001`). */
const EVENT_BYTES_PER_BYTE = 6;
const OTHER_EVENT_BYTES = 1024 * 1024;
const LINE_END = 10;

export interface ModelFetchOptions {
  readonly signal: AbortSignal;
  readonly maxAnswerBytes: number;
  readonly onConnected: () => void;
  /** Called with every failure before it is thrown: libraries may wrap it. */
  readonly onFailure: (error: AgentError) => void;
}

/**
 * A `fetch` for the libraries of model providers, without the 300 s after which Node's own gives up on a silent server. It sorts
 * everything that is no stream of events, so that no library reads what a provider says when it fails.
 */
export function createModelFetch({ signal, maxAnswerBytes, onConnected, onFailure }: ModelFetchOptions): typeof fetch {
  const fail = (error: unknown): never => {
    signal.throwIfAborted();
    const failure = error instanceof AgentError ? error : connectionLost();
    onFailure(failure);
    throw failure;
  };

  async function* readStream(response: IncomingMessage): AsyncGenerator<Buffer> {
    let left = maxAnswerBytes * STREAM_BYTES_PER_BYTE;
    let event = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        left -= chunk.length;
        const end = chunk.lastIndexOf(LINE_END);
        event = end === -1 ? event + chunk.length : chunk.length - end;
        if (left < 0 || event > maxAnswerBytes * EVENT_BYTES_PER_BYTE + OTHER_EVENT_BYTES) {
          throw tooLarge(maxAnswerBytes);
        }
        yield chunk;
      }
    } catch (error) {
      fail(error);
    }
  }

  return async (input, init) => {
    let sentAt = performance.now();
    try {
      const response = await sendRequest({
        method: 'POST',
        url: new URL(input instanceof Request ? input.url : input),
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: typeof init?.body === 'string' ? init.body : '',
        signal,
        onConnected: () => {
          sentAt = performance.now();
          onConnected();
        },
      });
      const { statusCode = 0, headers } = response;
      if (statusCode === 200 && /^text\/event-stream\b/i.test(headers['content-type'] ?? '')) {
        const body = Readable.toWeb(Readable.from(readStream(response), { objectMode: false }));
        return new Response(body as ReadableStream, { headers: { 'content-type': 'text/event-stream' } });
      }
      throw sortModelFailure(await readReply(response, MAX_ERROR_BYTES), performance.now() - sentAt);
    } catch (error) {
      return fail(error);
    }
  };
}
