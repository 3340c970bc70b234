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
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
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
    ['a missing route', 'AgentMisconfigured', 404, {}, ''],
    ['a redirect', 'AgentMisconfigured', 302, { location: `http://${SECRET}/` }, ''],
    ['a web page', 'ModelAnswerUnreadable', 200, { 'content-type': 'text/html' }, `<html>${SECRET}</html>`],
    ['a web page as an error', 'ConnectionLost', 500, { 'content-type': 'text/html' }, `<html>${SECRET}</html>`],
    ['JSON of another shape', 'ModelAnswerUnreadable', 200, {}, `{"answer":"${SECRET}"}`],
    ['JSON that is no object', 'ModelAnswerUnreadable', 200, {}, `"${SECRET}"`],
    ['an empty 200', 'ModelAnswerUnreadable', 200, {}, ''],
    ['an answer without content', 'ModelAnswerUnreadable', 204, {}, ''],
    ['another success', 'ModelAnswerUnreadable', 202, {}, `{"output":"${SECRET}"}`],
    ['a proxy that timed out, with a web page', 'AgentTimeout', 524, { 'content-type': 'text/html' }, '<html>'],
    ['a proxy that timed out, in plain text', 'AgentTimeout', 524, {}, 'error code: 524'],
    ['a proxy that failed, with a web page', 'ConnectionLost', 520, { 'content-type': 'text/html' }, '<html>'],
    ['a proxy that failed, in plain text', 'ConnectionLost', 522, {}, 'error code: 522'],
    ['a proxy that has another method', 'ConnectionLost', 501, {}, ''],
    ['an unsupported media type', 'AgentMisconfigured', 415, {}, SECRET],
    ['a forbidden', 'AgentKeyRefused', 403, {}, SECRET],
    ['a bad gateway at once', 'AgentUnreachable', 502, { 'content-type': 'text/html' }, SECRET],
    ['a proxy that finds no agent', 'AgentUnreachable', 521, {}, 'error code: 521'],
    ['a service that is not ready', 'AgentUnreachable', 503, {}, SECRET],
    ['a gateway timeout', 'AgentTimeout', 504, {}, SECRET],
    ['a rate limiter without key', 'AgentMisconfigured', 500, {}, 'Unable To Extract Key!'],
    ['an unknown error', 'AgentFailed', 500, {}, SECRET],
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

  test('says what helps against a proxy, and against an answer that is none', async () => {
    for (const [status, fix] of [
      [504, /^Raise the timeout of the proxy .*; attempt_timeout does not change it\.$/],
      [524, /^Raise the timeout of the proxy/],
      [520, /^Check the proxy in front of the agent\.$/],
      [200, /^Check that the agent's URL is Garudust's/],
    ] as const) {
      const url = await serveHttp((_, response) => response.writeHead(status).end('<html>'));
      assert.match((await errorOf(run(url))).fix ?? '', fix);
    }
  });

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

  test('takes a port where nobody listens for AgentUnreachable: nothing was paid', async () => {
    const error = await errorOf(run(`http://127.0.0.1:${await freePort()}`));
    assert.equal(error.type, 'AgentUnreachable');
    assert.match(error.message, /^did not accept a connection \(ECONNREFUSED\)$/);
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

  test('takes a server without TLS for AgentMisconfigured when TLS is asked for', async () => {
    const url = await serveHttp((_, response) => response.end());
    assert.equal((await errorOf(run(url.replace('http:', 'https:')))).type, 'AgentMisconfigured');
  });

  const BREAKS: readonly [string, (socket: Socket) => void][] = [
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['closes without a word', (socket) => socket.end()],
    ['stops in the midst of the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    [
      'stops in the midst of the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"output":"ha'),
    ],
    ['speaks no HTTP', (socket) => socket.end(`${SECRET}\r\n\r\n`)],
  ];
  for (const [name, behave] of BREAKS) {
    test(`takes an agent that ${name} for ConnectionLost: it may have cost`, async () => {
      const url = await serveTcp((socket) => socket.once('data', () => behave(socket)));
      assert.equal((await errorOf(run(url))).type, 'ConnectionLost');
    });
  }

  test('takes a restart in the midst of work for ConnectionLost', async () => {
    const fake = await startFakeGarudust();
    cleanups.push(() => void fake.close());
    fake.model.on('task', { kind: 'hang' });
    const answer = run(fake.url);
    await waitFor('the call', () => fake.model.calls.length === 1);
    fake.cut();
    assert.equal((await errorOf(answer)).type, 'ConnectionLost');
  });

  test('stops reading an answer that does not end, and closes the connection', async () => {
    let sent = 0;
    let closed = false;
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"output":"');
      const pour = setInterval(() => {
        sent += 65_536;
        response.write('x'.repeat(65_536));
      }, 1);
      response.once('close', () => {
        clearInterval(pour);
        closed = true;
      });
    });
    const error = await errorOf(run(url, { maxAnswerBytes: 100_000 }));
    assert.equal(error.type, 'AnswerTooLarge');
    await waitFor('the close', () => closed);
    assert.ok(sent < 20_000_000, `${sent} bytes were poured`);
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
