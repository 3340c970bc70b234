import assert from 'node:assert/strict';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { AgentError } from '../../src/agents/agent.ts';
import { createAgent } from '../../src/agents/agent-types.ts';
import { sendRequest } from '../../src/agents/send-request.ts';
import type { FailureType } from '../../src/contract/failures.ts';
import { agentContext } from '../support/agent-context.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'words-of-the-other-side';
const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

async function serveHttp(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return urlOf(server.address());
}

async function serveTcp(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    cleanups.push(() => socket.destroy());
    onConnection(socket);
  });
  cleanups.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return urlOf(server.address());
}

function urlOf(address: ReturnType<ReturnType<typeof createTcpServer>['address']>): string {
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function run(url: string, changes: Parameters<typeof agentContext>[0] = {}): Promise<{ output: string }> {
  return createAgent({ type: 'garudust', url, apiKey: 'k' }).run('task', agentContext(changes));
}

async function errorOf(answer: Promise<unknown>): Promise<AgentError> {
  const error = await answer.catch((reason: unknown) => reason);
  assert.ok(error instanceof AgentError, String(error));
  assert.equal(JSON.stringify([error.message, error.stack, Object.entries(error)]).includes(SECRET), false);
  return error;
}

describe('the Garudust adapter', () => {
  const ANSWERS: readonly [
    string,
    FailureType,
    Parameters<RequestListener>[1]['statusCode'],
    Record<string, string>,
    string,
  ][] = [
    ['JSON of another shape', 'ModelAnswerUnreadable', 200, {}, `{"answer":"${SECRET}"}`],
    ['JSON that is no object', 'ModelAnswerUnreadable', 200, {}, `"${SECRET}"`],
    ['a proxy that failed, in plain text', 'ConnectionLost', 522, {}, 'error code: 522'],
    ['a rate limiter without key', 'AgentMisconfigured', 500, {}, 'Unable To Extract Key!'],
    ['a known error behind other words', 'AgentFailed', 500, {}, `x transport error: authentication failed ${SECRET}`],
    [
      'a tool error that quotes another',
      'AgentFailed',
      500,
      {},
      `tool error: execution failed: budget exhausted after 9 iterations`,
    ],
    ['too long a conversation', 'TaskRefused', 500, {}, 'transport error: context length exceeded'],
  ];
  for (const [name, type, status = 200, headers, body] of ANSWERS) {
    test(`takes ${name} for ${type}`, async () => {
      const url = await serveHttp((_, response) => response.writeHead(status, headers).end(body));
      const error = await errorOf(run(url));
      assert.deepEqual([error.type, error.statusCode], [type, status]);
    });
  }

  test('takes the pause from a Retry-After, in seconds or as a date, cut to a day', async () => {
    for (const [value, low, high] of [
      ['30', 30_000, 30_000],
      [new Date(Date.now() + 60_000).toUTCString(), 50_000, 60_000],
      ['99999999', 86_400_000, 86_400_000],
    ] as const) {
      const url = await serveHttp((_, response) => response.writeHead(429, { 'retry-after': value }).end());
      const { type, retryAfterMs = NaN } = await errorOf(run(url));
      assert.equal(type, 'RateLimited');
      assert.ok(retryAfterMs >= low && retryAfterMs <= high, `${value}: ${retryAfterMs}`);
    }
    for (const value of ['soon', '-5', 'Mon, 01 Jan 2001 00:00:00 GMT']) {
      const url = await serveHttp((_, response) => response.writeHead(429, { 'retry-after': value }).end());
      assert.equal((await errorOf(run(url))).retryAfterMs, undefined);
    }
  });

  test('takes an agent that accepts but does not finish its greeting for AgentUnreachable', async () => {
    const url = await serveTcp(() => undefined);
    const error = await errorOf(
      sendRequest({
        method: 'POST',
        url: new URL(url.replace('http:', 'https:')),
        headers: {},
        body: '{}',
        signal: new AbortController().signal,
        connectTimeoutMs: 100,
      }),
    );
    assert.deepEqual([error.type, error.message], ['AgentUnreachable', 'did not accept a connection in time']);
  });

  test('takes a restart in the midst of work for ConnectionLost', async () => {
    const fake = await startFakeGarudust();
    cleanups.push(() => void fake.close());
    fake.model.on('task', { kind: 'hang' });
    const answer = run(fake.url);
    await waitFor('the call', () => fake.model.calls.length === 1);
    fake.cut();
    assert.equal((await errorOf(answer)).type, 'ConnectionLost');
  });

  test('opens a connection for each call and leaves none open', async () => {
    let open = 0;
    let opened = 0;
    const url = await serveTcp((socket) => {
      open += 1;
      opened += 1;
      socket.on('close', () => (open -= 1));
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 14\r\nconnection: keep-alive\r\n\r\n{"output":"a"}'),
      );
    });
    for (let i = 0; i < 3; i += 1) assert.equal((await run(url)).output, 'a');
    await waitFor('the last close', () => open === 0);
    assert.equal(opened, 3);
  });

  test('keeps the path of its url, and sends no user, query or key where none is', async () => {
    const seen: [string, string | undefined][] = [];
    const url = await serveHttp((request, response) => {
      seen.push([request.url ?? '', request.headers.authorization]);
      response.end('{"output":""}');
    });
    await createAgent({ type: 'garudust', url: `${url}/agents/one/` }).run('task', agentContext());
    assert.deepEqual(seen, [['/agents/one/chat', undefined]]);
  });

  const UNUSABLE = [
    { url: 'nonsense' },
    { url: 'ftp://host' },
    { url: `http://user:${SECRET}@host` },
    { url: `http://:${SECRET}@host` },
    { url: `http://host?key=${SECRET}` },
    { url: 'http://host', apiKey: `${SECRET}\n` },
    { url: 'http://host', apiKey: '' },
  ];
  for (const [index, settings] of UNUSABLE.entries()) {
    test(`refuses settings that can't work, without repeating them (${index})`, () => {
      assert.throws(
        () => createAgent({ type: 'garudust', ...settings }),
        (error) => error instanceof TypeError && !error.message.includes(SECRET) && !/nonsense|ftp/.test(error.message),
      );
    });
  }
});
