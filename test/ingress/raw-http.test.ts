import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { openRaw, type RawConnection, readProblem } from '../support/raw-connection.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const BODY = '{"text":"Hi"}';
const LIMITS = { body: 1000, bodyTimeout: 100, linger: 100 };
const SIGNATURE = `X-Hub-Signature-256: ${hubHeaders('alpha-secret', BODY)['X-Hub-Signature-256']}`;

async function open(
  t: TestContext,
  overrides: Parameters<typeof startTestIngress>[1] = {},
): Promise<{ ingress: TestIngress; raw: RawConnection }> {
  const ingress = await startTestIngress(t, { limits: LIMITS, ...overrides });
  const raw = await openRaw(ingress.port);
  t.after(() => raw.socket.destroy());
  return { ingress, raw };
}

function head(...lines: string[]): string {
  return ['POST /webhook HTTP/1.1', 'Host: test', 'Content-Type: application/json', ...lines, '', ''].join('\r\n');
}

/** A task of so many bytes. */
function fill(size: number): string {
  return JSON.stringify({ text: 'x'.repeat(size - '{"text":""}'.length) });
}

describe('a body over the limit', () => {
  test('is refused by its declared length before a byte of it has come', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(head('Content-Length: 1000000000'));
    const answer = await raw.closed();
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /\r\nConnection: close\r\n/i);
    assert.equal(readProblem(answer).code, 'body_too_large');
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('is never asked for when the sender waits for 100 Continue', async (t) => {
    const { raw } = await open(t);
    raw.socket.write(head('Content-Length: 5000', 'Expect: 100-continue'));
    assert.match(await raw.closed(), /^HTTP\/1\.1 413 /);
  });

  test('that comes in chunks is cut off although its sender never stops', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(head('Transfer-Encoding: chunked'));
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    let sent = 0;
    const sending = setInterval(() => {
      sent += chunk.length;
      raw.socket.write(chunk);
    }, 1);
    const answer = await raw.closed();
    clearInterval(sending);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.equal(readProblem(answer).code, 'body_too_large');
    assert.ok(sent < 10_000_000);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('reaches a sender that reads only after it has sent everything', async (t) => {
    const { ingress } = await open(t, { limits: { ...LIMITS, body: 100_000, linger: 1000 } });
    const response = await ingress.post('/webhook', 'x'.repeat(150_000));
    assert.equal(response.status, 413);
    assert.equal(((await response.json()) as { code: string }).code, 'body_too_large');
  });

  test('begins one byte above it', async (t) => {
    const { ingress } = await open(t);
    assert.equal((await ingress.post('/webhook', fill(1000))).status, 202);
    assert.equal((await ingress.post('/webhook', fill(1001))).status, 413);
  });
});

describe('a body', () => {
  test('in single-byte chunks is read as it was signed', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(head('Transfer-Encoding: chunked', 'Connection: close', SIGNATURE));
    for (const character of BODY) raw.socket.write(`1\r\n${character}\r\n`);
    raw.socket.write('0\r\n\r\n');
    assert.match(await raw.closed(), /^HTTP\/1\.1 202 /);
    assert.equal(ingress.runs.started[0]?.input.task.text, 'Hi');
  });

  test('is asked for with 100 Continue', async (t) => {
    const { raw } = await open(t);
    raw.socket.write(head(`Content-Length: ${BODY.length}`, 'Expect: 100-continue', 'Connection: close', SIGNATURE));
    await waitFor('100 Continue', () => raw.received().startsWith('HTTP/1.1 100 Continue'));
    raw.socket.write(BODY);
    assert.match(await raw.closed(), /HTTP\/1\.1 202 /);
  });

  test('that stops coming is answered with 408', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(head('Content-Length: 13', SIGNATURE) + BODY.slice(0, 5));
    const answer = await raw.closed();
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(readProblem(answer).code, 'request_timeout');
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('that trickles does not hold the connection beyond the limit', async (t) => {
    const { raw } = await open(t);
    raw.socket.write(head('Content-Length: 900'));
    const trickle = setInterval(() => raw.socket.write('x'), 10);
    assert.match(await raw.closed(), /^HTTP\/1\.1 408 /);
    clearInterval(trickle);
  });

  test('whose sender goes away starts nothing and is no error', async (t) => {
    const { ingress, raw } = await open(t, { limits: { ...LIMITS, bodyTimeout: 10_000 } });
    const half = head(`Content-Length: ${BODY.length}`, SIGNATURE) + BODY.slice(0, 5);
    await new Promise((resolve) => raw.socket.write(half, resolve));
    raw.socket.destroy();
    await waitFor('the log line', () => ingress.logs.length > 0);
    assert.deepEqual(ingress.runs.calls, []);
    assert.deepEqual(
      ingress.logs.map(({ level }) => level),
      ['info'],
    );
  });

  test('in chunks that trickle without end does not hold the connection beyond the limit', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(head('Transfer-Encoding: chunked', SIGNATURE));
    const trickle = setInterval(() => raw.socket.write('1\r\nx\r\n'), 10);
    assert.match(await raw.closed(), /^HTTP\/1\.1 408 /);
    clearInterval(trickle);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('is read although its sender expects what nobody promises', async (t) => {
    const { raw } = await open(t);
    raw.socket.write(
      `${head(`Content-Length: ${BODY.length}`, 'Expect: 200-maybe', 'Connection: close', SIGNATURE)}${BODY}`,
    );
    assert.match(await raw.closed(), /^HTTP\/1\.1 202 /);
  });

  test('longer than declared does not become part of the task', async (t) => {
    const { ingress, raw } = await open(t);
    raw.socket.write(`${head(`Content-Length: ${BODY.length}`, SIGNATURE)}${BODY}garbage that follows\r\n\r\n`);
    const answer = await raw.closed();
    assert.doesNotMatch(answer, /HTTP\/1\.1 5/);
    assert.ok(ingress.runs.started.length <= 1);
    for (const task of ingress.runs.started) assert.equal(task.input.task.text, 'Hi');
  });
});

describe('what is not HTTP gets a problem and a closed connection:', () => {
  const cases: [string, string, number, string][] = [
    ['garbage', 'garbage\r\n\r\n', 400, 'malformed_request'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400, 'malformed_request'],
    ['two lengths', head('Content-Length: 5', 'Content-Length: 6'), 400, 'malformed_request'],
    ['length and chunks', head('Content-Length: 5', 'Transfer-Encoding: chunked'), 400, 'malformed_request'],
    ['no host', 'POST /webhook HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400, 'malformed_request'],
    ['two hosts', head('Host: other', 'Content-Length: 0'), 400, 'malformed_request'],
    ['one length twice', head('Content-Length: 5', 'Content-Length: 5'), 400, 'malformed_request'],
    ['a list of lengths', head('Content-Length: 5, 5'), 400, 'malformed_request'],
    ['a length beyond all', head(`Content-Length: ${'9'.repeat(30)}`), 400, 'malformed_request'],
    ['a chunk beyond all', `${head('Transfer-Encoding: chunked')}${'f'.repeat(20)}\r\n`, 400, 'malformed_request'],
    ['lines without CR', head('Content-Length: 0').replaceAll('\r', ''), 400, 'malformed_request'],
    ['a negative length', head('Content-Length: -1'), 400, 'malformed_request'],
    ['a bad chunk', `${head('Transfer-Encoding: chunked')}zz\r\n`, 400, 'malformed_request'],
    ['headers over the limit', head(`X: ${'x'.repeat(20_000)}`), 431, 'headers_too_large'],
  ];
  for (const [what, bytes, status, code] of cases) {
    test(what, async (t) => {
      const { ingress, raw } = await open(t);
      raw.socket.write(bytes, 'latin1');
      const answer = await raw.closed();
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /\r\nContent-Type: application\/problem\+json\r\n/i);
      assert.equal(readProblem(answer).code, code);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }

  test('headers that never end', async (t) => {
    const { raw } = await open(t, { serverLimits: { headersTimeout: 100 } });
    raw.socket.write('POST /webhook HTTP/1.1\r\nHost: te');
    const answer = await raw.closed();
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(readProblem(answer).code, 'request_timeout');
  });
});

describe('an idle connection', () => {
  const IDLE = 'GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n';

  test('is promised, and kept open, for as long as keep_alive says', async (t) => {
    const { raw } = await open(t, { serverLimits: { keepAlive: 620_000 } });
    raw.socket.write(IDLE);
    await waitFor('the answer', () => raw.received().includes('\r\n\r\n'));
    assert.match(raw.received(), /\r\nKeep-Alive: timeout=620\r\n/i);
  });

  test('is closed afterwards', { timeout: 10_000 }, async (t) => {
    const { raw } = await open(t, { serverLimits: { keepAlive: 100 } });
    raw.socket.write(IDLE);
    assert.match(await raw.closed(), /^HTTP\/1\.1 200 /);
  });
});
