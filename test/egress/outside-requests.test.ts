import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOutsideRequests } from '../../src/egress/outside-requests.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { answerWith, startReceiver } from './test-receiver.ts';

const HERE = ['127.0.0.1/32'];

function outside(permitNetworks: readonly string[] = HERE, ports: readonly number[] = []) {
  const own = { ports, networks: ['127.0.0.0/8'] };
  return createOutsideRequests({ permitNetworks, findOwnPlaces: () => Promise.resolve(own), timeoutMs: 700 });
}

function answer(head: string, body = '', more = ''): string {
  return `HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
}

describe('a document of another host', () => {
  test('is fetched by GET, with the query and without a body', async (t) => {
    expectNoLeftovers(t);
    const host = await startReceiver(t, answerWith(answer('200 OK', '{"keys":"ü"}')));
    const url = `http://127.0.0.1:${host.port}/certs?v=3`;
    assert.deepEqual(await outside().fetchDocument(url), { text: '{"keys":"ü"}' });
    assert.match(host.received(), /^GET \/certs\?v=3 HTTP\/1\.1\r\n/);
    assert.doesNotMatch(host.received(), /content-length|transfer-encoding/i);
  });

  test('may have 64 KiB', async (t) => {
    const host = await startReceiver(t, answerWith(answer('200 OK', 'k'.repeat(65_536))));
    const found = await outside().fetchDocument(`http://127.0.0.1:${host.port}/`);
    assert.equal(found !== 'absent' && found.text.length, 65_536);
  });

  test('that its host does not have is absent', async (t) => {
    for (const head of ['404 Not Found', '403 Forbidden', '410 Gone']) {
      const host = await startReceiver(t, answerWith(answer(head)));
      assert.equal(await outside().fetchDocument(`http://127.0.0.1:${host.port}/`), 'absent');
    }
  });

  const rows: readonly (readonly [what: string, answer: string, expected: RegExp])[] = [
    ['larger than 64 KiB', answer('200 OK', 'k'.repeat(65_537)), /exceeds 65536 bytes/],
    ['compressed', answer('200 OK', 'xx', 'Content-Encoding: gzip\r\n'), /is compressed/],
    ['broken off', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"keys"', /is not complete/],
    ['of a server that fails', answer('500 Oops'), /answered 500/],
    ['of a server that is busy', answer('429 Slow'), /answered 429/],
    ['of no HTTP', 'hello\r\n\r\n', /did not answer in HTTP/],
  ];
  for (const [what, text, expected] of rows) {
    test(`${what} can't be had now`, async (t) => {
      expectNoLeftovers(t);
      const host = await startReceiver(t, answerWith(text));
      await assert.rejects(outside().fetchDocument(`http://127.0.0.1:${host.port}/`), expected);
    });
  }

  test('elsewhere, as a redirect says, is not followed', async (t) => {
    const other = await startReceiver(t, answerWith(answer('200 OK', '{}')));
    const redirect = answer('302 Found', '', `Location: http://127.0.0.1:${other.port}/\r\n`);
    const host = await startReceiver(t, answerWith(redirect));
    const url = `http://127.0.0.1:${host.port}/`;
    await assert.rejects(outside().fetchDocument(url), /answered 302, and redirects are not followed/);
    assert.equal(await outside().confirm(url), false);
    assert.equal(other.connections(), 0);
  });

  test('of a slow host is given up in time', async (t) => {
    expectNoLeftovers(t);
    const silent = await startReceiver(t, () => undefined);
    const slow = await startReceiver(t, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('k'), 50);
      socket.once('close', () => clearInterval(timer));
    });
    for (const { port } of [silent, slow]) {
      const started = performance.now();
      await assert.rejects(outside().fetchDocument(`http://127.0.0.1:${port}/`), /did not answer|is not complete/);
      assert.ok(performance.now() - started < 3000);
    }
  });

  test('is not looked for where policy forbids: a private address, and this process', async (t) => {
    const host = await startReceiver(t, answerWith(answer('200 OK', '{}')));
    const url = `http://127.0.0.1:${host.port}/`;
    await assert.rejects(outside([]).fetchDocument(url), /is a loopback address/);
    await assert.rejects(outside(HERE, [host.port]).fetchDocument(url), /this service's own port/);
    assert.equal(await outside([]).confirm(url), false);
    assert.equal(host.connections(), 0);
  });
});

test('a URL is confirmed where its host answers with 2xx', async (t) => {
  for (const [head, expected] of [
    ['200 OK', true],
    ['204 No Content', true],
    ['403 Forbidden', false],
    ['500 Oops', false],
  ] as const) {
    const host = await startReceiver(t, answerWith(answer(head)));
    assert.equal(await outside().confirm(`http://127.0.0.1:${host.port}/?Action=ConfirmSubscription`), expected);
  }
});
