import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createGarudustAgent } from '../../src/agents/garudust/garudust.ts';
import { agentContext } from '../support/agent-context.ts';
import type { FakeGarudust } from '../support/fake-garudust/fake-garudust.ts';

/** What the suite needs of a Garudust, fake or real. */
export type GarudustTarget = Omit<FakeGarudust, 'cut'>;

/** An HTTP answer, read to its end. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly type: string | null;
}

/** `POST /chat`; `init` may replace body, headers and signal. */
export async function chat(target: GarudustTarget, body: object, init: RequestInit = {}): Promise<Reply> {
  return toReply(await post(`${target.url}/chat`, target, { body: JSON.stringify(body), ...init }));
}

/** `POST /chat/stream`. */
export async function stream(target: GarudustTarget, message: string): Promise<Reply> {
  return toReply(await post(`${target.url}/chat/stream`, target, { body: JSON.stringify({ message }) }));
}

/** Any request, with the target's key. */
export function post(url: string, target: GarudustTarget, init: RequestInit): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${target.apiKey}` };
  return fetch(url, { method: 'POST', ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
}

/** A delivery to the webhook adapter, rightly signed unless a signature is given. */
export function hook(target: GarudustTarget, body: string, signature?: string): Promise<Reply> {
  const signed = `sha256=${createHmac('sha256', target.hmacSecret ?? '')
    .update(body)
    .digest('hex')}`;
  const headers = { 'x-hub-signature-256': signature ?? signed };
  return fetch(target.webhookUrl, { method: 'POST', body, headers }).then(toReply);
}

async function toReply(response: Response): Promise<Reply> {
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

/** Asks through our adapter, in a session of its own unless one is given. */
export function ask(
  target: GarudustTarget,
  text: string,
  changes: Parameters<typeof agentContext>[0] = {},
): ReturnType<ReturnType<typeof createGarudustAgent>['run']> {
  const { url, apiKey } = target;
  const agent = createGarudustAgent({ url, ...(apiKey !== undefined && { apiKey }) });
  return agent.run(text, agentContext({ sessionKey: randomUUID(), ...changes }));
}

/** Lets the model answer a text only when the returned function is called. */
export function hold(target: GarudustTarget, text: string, content: string): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  target.model.on(text, { kind: 'answer', content, after: released });
  return () => release();
}

/** Where a callback arrives. */
export interface Receiver {
  /** A form of loopback that Garudust's guard lets through. */
  readonly url: string;
  readonly received: { headers: Record<string, unknown>; body: string }[];
}

/** Listens for callbacks while `use` runs. */
export async function withReceiver(use: (receiver: Receiver) => Promise<void>): Promise<void> {
  const received: Receiver['received'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await use({ url: `http://[::ffff:127.0.0.1]:${port}/cb`, received });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Like `waitFor`, for a condition that must itself be asked for. */
export async function waitForAsync(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await holds())) if (performance.now() > end) throw new Error(`waited 5 s in vain for ${what}`);
}
