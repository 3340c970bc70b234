import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A model server in the dialects of the agents: Anthropic's messages, OpenAI's responses and chat, Google's. */
export interface StubModel {
  readonly url: string;
  /** How many requests are being held open. */
  readonly held: () => number;
  close(): Promise<void>;
}

export const GOOD_KEY = 'sk-ant-good-key-0123456789';
/** Stands in every error of the stub, and may stand in none of ours. */
export const STUB_CANARY = 'canary-of-the-model';
const USAGE = { input: 30, output: 7 };

/** Starts it on loopback. It answers `pong N` to the N-th user message of a conversation; `hang`, `limit` and `break` in the last one do that. */
export async function startStubModel(port = 0): Promise<StubModel> {
  let held = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request);
      if (!carriesKey(request)) return refuse(response, 401, 'authentication_error');
      const { last, turns } = readConversation(body);
      if (last.includes('limit')) return refuse(response, 429, 'rate_limit_error');
      if (last.includes('break')) return refuse(response, 500, 'api_error');
      if (last.includes('hang')) {
        held += 1;
        response.once('close', () => (held -= 1));
        return;
      }
      answer(request.url ?? '', response, `pong ${turns}`, body['stream'] === true);
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the stub has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    held: () => held,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

type Body = Readonly<Record<string, unknown>>;

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body;
  } catch {
    return {};
  }
}

function carriesKey({ headers, url = '' }: IncomingMessage): boolean {
  const given = [headers['x-api-key'], headers.authorization, headers['x-goog-api-key'], url];
  return given.some((text) => String(text).includes(GOOD_KEY));
}

/** The messages of people among all, in any dialect. What an agent adds on its own, such as its environment, begins with `<`. */
function readConversation(body: Body): { last: string; turns: number } {
  const messages = (body['messages'] ?? body['input'] ?? body['contents'] ?? []) as readonly Body[];
  const texts = messages
    .filter(({ role }) => role === 'user')
    .map((message) => textsOf(message).filter((text) => !text.startsWith('<') && !text.startsWith('#')))
    .filter((parts) => parts.length > 0);
  return { last: texts.at(-1)?.at(-1) ?? '', turns: texts.length };
}

function textsOf(message: Body): string[] {
  const content = message['content'] ?? message['parts'];
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return [];
  return (content as Body[]).flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, code: type, message: `${STUB_CANARY} ${status}` } }));
}

function answer(url: string, response: ServerResponse, text: string, stream: boolean): void {
  if (url.includes('/messages')) answerAnthropic(response, text, stream);
  else if (url.includes('/responses')) answerResponses(response, text);
  else if (url.includes('enerateContent')) answerGoogle(response, text, url.includes('stream'));
  else if (url.includes('/chat/completions')) answerChat(response, text);
  else response.writeHead(404).end();
}

function events(response: ServerResponse, all: readonly object[], named: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of all) {
    const name = named ? `event: ${String((event as Body)['type'])}\n` : '';
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
  response.end(named ? '' : 'data: [DONE]\n\n');
}

function answerAnthropic(response: ServerResponse, text: string, stream: boolean): void {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-stub', stop_sequence: null };
  const usage = { input_tokens: USAGE.input, output_tokens: USAGE.output };
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage }));
    return;
  }
  const all = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...split(text).map((part) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: part },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: USAGE.output },
    },
    { type: 'message_stop' },
  ];
  events(response, all, true);
}

function answerResponses(response: ServerResponse, text: string): void {
  const item = {
    type: 'message',
    id: 'm1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
  const usage = {
    input_tokens: USAGE.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: USAGE.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: USAGE.input + USAGE.output,
  };
  const base = { id: 'resp_1', object: 'response', status: 'in_progress', output: [] };
  const all = [
    { type: 'response.created', response: base },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [], status: 'in_progress' } },
    ...split(text).map((delta) => ({
      type: 'response.output_text.delta',
      item_id: 'm1',
      output_index: 0,
      content_index: 0,
      delta,
    })),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { ...base, status: 'completed', output: [item], usage } },
  ];
  events(response, all, true);
}

function answerChat(response: ServerResponse, text: string): void {
  const base = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'stub' };
  const usage = {
    prompt_tokens: USAGE.input,
    completion_tokens: USAGE.output,
    total_tokens: USAGE.input + USAGE.output,
  };
  const all = [
    ...split(text).map((content) => ({
      ...base,
      choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
    })),
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...base, choices: [], usage },
  ];
  events(response, all, false);
}

function answerGoogle(response: ServerResponse, text: string, stream: boolean): void {
  const whole = {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: USAGE.input,
      candidatesTokenCount: USAGE.output,
      totalTokenCount: USAGE.input + USAGE.output,
    },
    modelVersion: 'gemini-stub',
  };
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(whole)}\n\n`);
}

function split(text: string): string[] {
  return text.split(/(?<= )/);
}
