import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Semaphore } from '../../../src/activities/semaphore.ts';
import { GarudustError } from './ask-model.ts';
import { FakeAgent, type FakeRun } from './fake-agent.ts';
import { ModelScript } from './model-script.ts';
import { readChatRequest } from './read-chat-request.ts';
import { webhookAdapter } from './webhook-adapter.ts';

export interface FakeGarudustOptions {
  /** Bearer key; undefined: open. Default: `k`. */
  readonly apiKey?: string | undefined;
  /** Secret of the webhook adapter; undefined: unsigned is accepted. Default: `s`. */
  readonly hmacSecret?: string | undefined;
  /** Default: without a limit that a test would meet. */
  readonly maxIterations?: number;
  readonly maxTokensPerTask?: number;
  /** Requests of one route that are served at once; more wait. Default: 64. */
  readonly maxConcurrentRequests?: number;
  /** Default: 5000. */
  readonly llmTimeoutMs?: number;
  /** 0 or undefined: a free port. */
  readonly port?: number;
  /** Default: one that echoes until it is told otherwise. */
  readonly model?: ModelScript;
  /** Called when an answer of `/chat` has been written to the socket as a whole. */
  readonly onAnswered?: (message: string) => void;
}

/** A Garudust 0.13.8 without a model: same routes, same words, same silences. */
export interface FakeGarudust {
  readonly url: string;
  readonly port: number;
  readonly apiKey: string | undefined;
  /** `POST` here is the webhook adapter. */
  readonly webhookUrl: string;
  readonly hmacSecret: string | undefined;
  readonly model: ModelScript;
  /** Cuts every open connection without a reply, as a restart does; goes on listening. */
  cut(): void;
  close(): Promise<void>;
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };
const NO_LIMIT = 2 ** 32 - 1;

/** Starts a fake Garudust on loopback. */
export async function startFakeGarudust(options: FakeGarudustOptions = {}): Promise<FakeGarudust> {
  const apiKey = 'apiKey' in options ? options.apiKey : 'k';
  const hmacSecret = 'hmacSecret' in options ? options.hmacSecret : 's';
  const model = options.model ?? new ModelScript();
  const agent = new FakeAgent({
    model,
    maxIterations: options.maxIterations ?? NO_LIMIT,
    maxTokensPerTask: options.maxTokensPerTask,
    llmTimeoutMs: options.llmTimeoutMs ?? 5000,
  });
  const chat = await listen(chatServer(agent, apiKey, options), options.port);
  const hook = await listen(webhookAdapter(agent, hmacSecret));
  return {
    url: `http://127.0.0.1:${chat.port}`,
    port: chat.port,
    apiKey,
    webhookUrl: `http://127.0.0.1:${hook.port}/webhook`,
    hmacSecret,
    model,
    cut: () => chat.server.closeAllConnections(),
    close: async () => {
      await Promise.all([chat, hook].map(({ server }) => close(server)));
    },
  };
}

function chatServer(agent: FakeAgent, apiKey: string | undefined, options: FakeGarudustOptions): RequestListener {
  const { maxConcurrentRequests: limit = 64, onAnswered = () => undefined } = options;
  const routes: Readonly<Record<string, { readonly semaphore: Semaphore; readonly handle: Handler }>> = {
    '/chat': { semaphore: new Semaphore(limit), handle: handleChat(onAnswered) },
    '/chat/stream': { semaphore: new Semaphore(limit), handle: handleStream },
  };
  return (request, response) => {
    const route = routes[request.url ?? ''];
    if (request.url === '/health') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"status":"ok","checks":{"db":"ok","platforms":{"webhook":"ok"}}}');
    } else if (route === undefined) {
      response.writeHead(404).end();
    } else if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
    } else {
      void serve(request, response, agent, apiKey, route);
    }
  };
}

type Handler = (call: {
  readonly agent: FakeAgent;
  readonly message: string;
  readonly sessionKey: string | undefined;
  readonly response: ServerResponse;
  readonly left: AbortSignal;
  readonly release: () => void;
}) => Promise<void>;

/** The limit comes before everything, even the key: excess requests wait, and those that leave are never run. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  agent: FakeAgent,
  apiKey: string | undefined,
  { semaphore, handle }: { readonly semaphore: Semaphore; readonly handle: Handler },
): Promise<void> {
  const leaving = new AbortController();
  response.once('close', () => leaving.abort(new Error('the caller has left')));
  const permit = await semaphore.acquire(leaving.signal).catch(() => undefined);
  if (permit === undefined) return;
  try {
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      response.writeHead(401, TEXT).end('Unauthorized\n');
      return;
    }
    const read = await readChatRequest(request);
    if ('refusal' in read) {
      response.writeHead(read.refusal.status, TEXT).end(read.refusal.text);
      return;
    }
    await handle({ agent, ...read.chat, response, left: leaving.signal, release: () => permit.release() });
  } catch {
    response.destroy();
  } finally {
    permit.release();
  }
}

function handleChat(onAnswered: (message: string) => void): Handler {
  return async ({ agent, message, sessionKey, response, left }) => {
    const run = await runToEnd(agent, message, sessionKey, left);
    if (left.aborted) return;
    if (run instanceof GarudustError) {
      response.writeHead(500, TEXT).end(run.message);
      return;
    }
    const body = JSON.stringify({
      output: run.output,
      session_id: randomUUID(),
      iterations: run.iterations,
      input_tokens: run.inputTokens,
      output_tokens: run.outputTokens,
    });
    response.once('finish', () => onAnswered(message));
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
}

/** Gives its permit back at the headers, runs on when the caller leaves, and ends alike on success and on failure. */
const handleStream: Handler = async ({ agent, message, sessionKey, response, release }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  release();
  const run = await runToEnd(agent, message, sessionKey, new AbortController().signal);
  if (!(run instanceof GarudustError) && !run.output.startsWith('[Token budget of ')) {
    for (const delta of run.output.split(/(?<= )/)) response.write(toEvent(delta));
  }
  response.end();
};

function toEvent(delta: string): string {
  return `${delta
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

async function runToEnd(
  agent: FakeAgent,
  message: string,
  sessionKey: string | undefined,
  signal: AbortSignal,
): Promise<FakeRun | GarudustError> {
  try {
    return await agent.run(message, sessionKey, signal);
  } catch (error) {
    return error instanceof GarudustError ? error : new GarudustError('interrupted');
  }
}

async function listen(listener: RequestListener, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the fake has no port');
  return { server, port: address.port };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
