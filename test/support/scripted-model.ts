import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

/** What a client of the scripted model sent. */
export interface ModelRequestSeen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly [name: string]: unknown;
    readonly messages?: readonly { role: string; content: unknown }[];
  };
}

/** Answers one request. */
export type ModelBehaviour = (response: ServerResponse, seen: ModelRequestSeen) => void;

/** A model behind the API of OpenAI whose answers depend on the task. */
export interface ScriptedModel {
  /** With `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly seen: readonly ModelRequestSeen[];
  /** Requests that are open now. */
  readonly open: () => number;
  close(): Promise<void>;
}

/** Starts it on loopback. @param behave by what the whole request says */
export async function startScriptedModel(behave: (seen: ModelRequestSeen) => ModelBehaviour): Promise<ScriptedModel> {
  const seen: ModelRequestSeen[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      const one = { path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) };
      seen.push(one);
      open += 1;
      response.once('close', () => (open -= 1));
      behave(one)(response, one);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the model has no port');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    port: address.port,
    seen,
    open: () => open,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Writes server-sent events. */
export function sendEvents(response: ServerResponse, events: readonly object[]): ServerResponse {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    const type = 'type' in event && typeof event.type === 'string' ? `event: ${event.type}\n` : '';
    response.write(`${type}data: ${JSON.stringify(event)}\n\n`);
  }
  return response;
}

export const CHAT_USAGE = { prompt_tokens: 11, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 4 } };

/** The events of a chat completion. @param finish undefined: the stream ends without a word */
export function chatEvents(text: string, finish: string | undefined = 'stop', delta: object = {}): object[] {
  const words = text.split(/(?<= )/).filter((word) => word !== '');
  return [
    ...words.map((content) => ({ id: 'c1', choices: [{ index: 0, delta: { role: 'assistant', content } }] })),
    ...(Object.keys(delta).length > 0 ? [{ id: 'c1', choices: [{ index: 0, delta }] }] : []),
    ...(finish === undefined ? [] : [{ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: finish }] }]),
    { id: 'c1', choices: [], usage: CHAT_USAGE },
  ];
}

/** A whole chat completion. */
export function chat(text: string, finish = 'stop', delta: object = {}): ModelBehaviour {
  return (response) => void sendEvents(response, chatEvents(text, finish, delta)).end('data: [DONE]\n\n');
}

/** A call of a tool. */
export function chatToolCall(name: string, args: object, id = 'call-1'): ModelBehaviour {
  const call = { index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
  return chat('', 'tool_calls', { role: 'assistant', tool_calls: [call] });
}

/** The last message of the user. */
export function lastTask({ body }: ModelRequestSeen): string {
  const last = body.messages?.findLast(({ role }) => role === 'user')?.content;
  return typeof last === 'string' ? last : JSON.stringify(last ?? '');
}
