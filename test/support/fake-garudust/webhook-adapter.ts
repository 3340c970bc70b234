import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http';
import { GarudustError } from './ask-model.ts';
import type { FakeAgent } from './fake-agent.ts';
import { readBody } from './read-chat-request.ts';

interface Payload {
  readonly text: string;
  readonly callbackUrl: string;
  readonly sessionKey: string;
}

/** Garudust's own webhook adapter: 202 at once, then one unsigned callback, whatever becomes of it. */
export function webhookAdapter(agent: FakeAgent, secret: string | undefined): RequestListener {
  return (request, response) => {
    void (async () => {
      const answer = (status: number, text = ''): void => {
        response.writeHead(status, text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }).end(text);
      };
      if (request.method !== 'POST' || request.url !== '/webhook') return answer(404);
      const body = await readBody(request);
      if (!body.ok) return answer(body.refusal.status, body.refusal.text);
      if (secret !== undefined && !isSigned(request, body.bytes, secret)) return answer(401);
      const payload = readPayload(body.bytes);
      if (payload === undefined) return answer(400);
      answer(202);
      if (isCommand(payload.text)) callBack(payload.callbackUrl, 'the answer of a command');
      else if (payload.text.trim() !== '') await runAndCallBack(agent, payload);
    })();
  };
}

async function runAndCallBack(agent: FakeAgent, { text, callbackUrl, sessionKey }: Payload): Promise<void> {
  const never = new AbortController().signal;
  const reply = await agent.run(text, sessionKey, never).then(
    ({ output }) => output,
    (error: unknown) => `Error: ${error instanceof GarudustError ? error.message : 'interrupted'}`,
  );
  callBack(callbackUrl, reply);
}

/** Once, unsigned, whatever the status; a redirect is followed, by 301 to 303 without the body. */
function callBack(url: string, text: string): void {
  if (isRefusedByGuard(url)) return;
  const body = JSON.stringify({ text });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  httpRequest(url, { method: 'POST', headers })
    .on('response', (response) => {
      response.resume();
      const { statusCode = 0, headers: answered } = response;
      if (statusCode < 301 || statusCode > 303 || answered.location === undefined) return;
      httpRequest(new URL(answered.location, url))
        .on('response', (second) => second.resume())
        .on('error', () => undefined)
        .end();
    })
    .on('error', () => undefined)
    .end(body);
}

const COMMANDS = ['/new', '/clear', '/goal', '/whoami', '/join', '/role', '/invite', '/approve', '/deny'];

/** What Garudust answers by itself, without its model. */
function isCommand(text: string): boolean {
  return COMMANDS.includes(text.trim().split(/\s/)[0] ?? '');
}

function isSigned(request: IncomingMessage, bytes: Buffer, secret: string): boolean {
  const header = String(request.headers['x-hub-signature-256'] ?? '');
  const given = Buffer.from(header.startsWith('sha256=') ? header.slice('sha256='.length) : '', 'hex');
  const wanted = createHmac('sha256', secret).update(bytes).digest();
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function readPayload(bytes: Buffer): Payload | undefined {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const { text, callback_url: callbackUrl, session_key: sessionKey = '' } = value;
    if (typeof text !== 'string' || typeof callbackUrl !== 'string' || typeof sessionKey !== 'string') return undefined;
    return { text, callbackUrl, sessionKey: sessionKey === '' ? `webhook:${callbackUrl}` : sessionKey };
  } catch {
    return undefined;
  }
}

/** As far as a test may rely on: plain loopback is refused, and the mapped form `[::ffff:127.0.0.1]` slips through. */
function isRefusedByGuard(url: string): boolean {
  const { protocol = '', hostname: host = '' } = URL.canParse(url) ? new URL(url) : {};
  return (
    !/^https?:$/.test(protocol) || host === '' || host === 'localhost' || host === '[::1]' || host.startsWith('127.')
  );
}
