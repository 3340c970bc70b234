import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { SOURCE_SAMPLES, type SourceOptions } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';

const { generic, github } = SOURCE_SAMPLES;
assert.ok(generic && github);
const CI = generic;
const GITHUB = github;
const WHOLE = { map: { text: '{{ event | json }}' }, events: ['build.*'] } satisfies Partial<SourceOptions>;

describe('a body is read', () => {
  const cases: [body: 'json' | 'form' | 'text' | 'any', sent: string, type: string, read: unknown][] = [
    ['json', '{"a":1}', 'text/plain', { a: 1 }],
    ['form', 'a=1&b=%C3%BC', 'text/plain', { a: '1', b: 'ü' }],
    ['text', 'Disk full on web-1', 'text/plain', 'Disk full on web-1'],
    ['text', '{"a":1}', 'application/json', '{"a":1}'],
    ['any', '{"a":1}', '', { a: 1 }],
    ['any', 'a=1&b=2', '', { a: '1', b: '2' }],
    ['any', 'Disk full', '', 'Disk full'],
  ];
  for (const [body, sent, contentType, read] of cases) {
    test(`as ${body}, whatever its type says: ${sent}`, async (t) => {
      const text = typeof read === 'string' ? '{{ event }}' : '{{ event | json }}';
      const source = await startSource(t, CI, { ...WHOLE, map: { text }, body });
      const response = await source.send({ body: sent, contentType });
      assert.equal(response.status, 202, await response.text());
      const asked = source.ingress.runs.started[0]?.input.task.text ?? '';
      assert.deepEqual(typeof read === 'string' ? asked : JSON.parse(asked), read);
    });
  }

  test('in UTF-8 however its charset is spelt', async (t) => {
    const source = await startSource(t, CI);
    for (const charset of ['utf8', '"utf-8"', 'UTF-8', '"UTF8"']) {
      assert.equal((await source.send({ contentType: `application/json; charset=${charset}` })).status, 202, charset);
    }
    assert.equal((await source.send({ contentType: 'application/json; charset=latin1' })).status, 415);
  });
});

/** Members of gzip after one another are one text (RFC 1952 section 2.2). */
function manyMembers(content: Buffer): Buffer {
  const member = gzipSync(content.subarray(0, 65_536));
  return Buffer.concat(Array.from({ length: 8192 }, () => member));
}

describe('a packed body', () => {
  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['DEFLATE', deflateRawSync],
  ] as const) {
    test(`of ${encoding} is unpacked, and its signature covers what was packed`, async (t) => {
      const source = await startSource(t, CI);
      const response = await source.send({ tampered: pack(CI.body), headers: { 'Content-Encoding': encoding } });
      assert.equal(response.status, 202, await response.text());
    });
  }

  const zeros = Buffer.alloc(512 * 1_048_576);
  for (const [what, pack, encoding] of [
    ['gzip', gzipSync, 'gzip'],
    ['many members of gzip', manyMembers, 'gzip'],
    ['deflate', deflateSync, 'deflate'],
    ['deflate without its frame', deflateRawSync, 'deflate'],
  ] as const) {
    test(`of ${what} that would fill the memory is 413, in one piece or in chunks, and memory stays flat`, async (t) => {
      const source = await startSource(t, CI, { body_limit: 1_048_576 });
      const bomb = pack(zeros);
      assert.ok(bomb.length < 1_048_576);
      const before = process.memoryUsage.rss();
      const headers = { 'Content-Encoding': encoding };
      const whole = Array.from({ length: 4 }, () => source.send({ tampered: bomb, headers }));
      const chunked = Array.from({ length: 4 }, () =>
        fetch(`${source.ingress.url}/hooks/ci`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: new Blob([bomb]).stream(),
          duplex: 'half',
        }),
      );
      const statuses = (await Promise.all([...whole, ...chunked])).map(({ status }) => status);
      assert.deepEqual(new Set(statuses), new Set([413]));
      const grown = (process.memoryUsage.rss() - before) / 1_048_576;
      assert.ok(grown < 200, `${Math.round(grown)} MiB`);
      assert.deepEqual(source.ingress.runs.calls, []);
    });
  }

  test('in a packed body is unpacked once, and two encodings are refused', async (t) => {
    const source = await startSource(t, CI, { body_limit: 1_048_576 });
    const nested = gzipSync(gzipSync(zeros));
    const one = await source.send({ tampered: nested, headers: { 'Content-Encoding': 'gzip' } });
    assert.equal(one.status, 401, 'what is inside is no signed body');
    for (const encoding of ['gzip, gzip', 'gzip,deflate', 'br']) {
      assert.equal((await source.send({ tampered: nested, headers: { 'Content-Encoding': encoding } })).status, 415);
    }
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('that is broken, or of another kind, is refused', async (t) => {
    const source = await startSource(t, CI);
    const cut = gzipSync(CI.body).subarray(0, 40);
    assert.equal((await source.send({ tampered: cut, headers: { 'Content-Encoding': 'gzip' } })).status, 400);
    assert.equal((await source.send({ headers: { 'Content-Encoding': 'br' } })).status, 415);
  });
});

test('a type that stands in a header decides before the body is parsed, of 18 MB too', async (t) => {
  const limits = { body: 25 * 1_048_576 };
  const source = await startSource(t, GITHUB, { events: ['pull_request'] }, { limits });
  for (const body of ['{"not json', `{"commits":["${'x'.repeat(18_000_000)}`]) {
    const response = await source.send({ body, headers: { 'X-GitHub-Event': 'push' } });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ignored: 'events of the type push are not wanted' }],
    );
  }
  assert.deepEqual(source.ingress.runs.calls, []);
});

describe('the answer to an event', () => {
  test('tells a sender outside nothing of the inside', async (t) => {
    const source = await startSource(t, CI);
    const response = await source.send();
    const { runId } = source.ingress.runs.started[0] ?? { runId: '' };
    assert.deepEqual(await response.json(), {
      id: runId,
      workflow_id: runId,
      status: 'queued',
      links: { self: `/v1/runs/${runId}` },
    });
  });

  for (const [answer, status, text] of [
    [{ status: 200, body: 'EVENT_RECEIVED' }, 200, 'EVENT_RECEIVED'],
    [{ status: 201, body: 'empty' }, 201, ''],
    [{ status: 204 }, 204, ''],
  ] as const) {
    test(`is ${JSON.stringify(answer)} where the operator says so`, async (t) => {
      const source = await startSource(t, CI, { answer });
      const response = await source.send();
      assert.deepEqual([response.status, await response.text()], [status, text]);
      assert.match(response.headers.get('location') ?? '', /^\/v1\/runs\/run-/);
    });
  }
});
