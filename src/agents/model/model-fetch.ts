import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { AgentError } from '../agent.ts';
import { readReply } from '../request-reply.ts';
import { connectionLost, sendRequest } from '../send-request.ts';
import { sortModelFailure } from './model-failures.ts';

/** Enough to find the codes of an error. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A token of four bytes arrives as an event of some 250. */
const STREAM_BYTES_PER_BYTE = 64;

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
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        left -= chunk.length;
        if (left < 0) throw new AgentError('AnswerTooLarge', 'streamed far more than an answer of the limit needs');
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
