import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import {
  COMPLETION_TOKENS,
  type ModelCall,
  type ModelMessage,
  type ModelReply,
  type ModelScript,
  PROMPT_TOKENS,
} from './fake-garudust/model-script.ts';

/** A model server for a real agent: `POST /v1/chat/completions`, replies by a `ModelScript`. */
export interface StandInLlm {
  /** With `/v1`. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** Starts it on loopback. */
export async function startStandInLlm(model: ModelScript): Promise<StandInLlm> {
  const listener: RequestListener = (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { messages: ModelMessage[]; stream?: boolean };
      const { call, reply } = model.ask(body.messages);
      response.once('close', () => void (call.aborted = !response.writableFinished));
      await answer(reply, response, body.stream === true, call);
    })();
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the stand-in has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(reply: ModelReply, response: ServerResponse, stream: boolean, call: ModelCall): Promise<void> {
  const json = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
  switch (reply.kind) {
    case 'hang':
      return;
    case 'cut':
      response.destroy();
      return;
    case 'status':
      json(reply.status, reply.status === 204 ? '' : reply.body);
      return;
    case 'odd':
      json(200, reply.body);
      return;
    case 'answer': {
      await reply.after;
      if (call.aborted) return;
      const { content, promptTokens = PROMPT_TOKENS, completionTokens = COMPLETION_TOKENS } = reply;
      const usage = { prompt_tokens: promptTokens, completion_tokens: completionTokens };
      if (stream) streamAnswer(response, content, usage);
      else json(200, JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }], usage }));
    }
  }
}

function streamAnswer(response: ServerResponse, content: string, usage: object): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const delta of content.split(/(?<= )/)) {
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: delta } }] })}\n\n`);
  }
  response.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`);
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
}
