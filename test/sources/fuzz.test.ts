import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileFilter } from '../../src/sources/filter.ts';
import { RuleError } from '../../src/templates/rule-error.ts';
import { compileTemplate } from '../../src/templates/template.ts';
import { SOURCE_SAMPLES } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';

const SCOPE = { roots: ['event'], headers: [] };

/** Names that presets look for, so that random events get past the first look. */
const KEYS = [
  ...['action', 'event', 'type', 'id', 'event_id', 'challenge', 'command', 'payload', 'object_kind', 'repository'],
  ...[
    'sender',
    'login',
    'alerts',
    'labels',
    'status',
    'data',
    'specversion',
    'source',
    'user',
    'text',
    'channel',
    'ts',
  ],
  ...['__proto__', 'constructor', 'toString', 'length', 'toJSON', 'then'],
];
const VALUES = [
  'url_verification',
  'event_callback',
  'ping',
  'firing',
  '1.0',
  'opened',
  '',
  '\ud800',
  '\u0000',
  '{{ event }}',
];

const { event } = fc.letrec<{ event: unknown }>((tie) => ({
  event: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(...VALUES, null, true, 0, -0, 1e21, Number.MAX_SAFE_INTEGER),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('event'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 })), tie('event'), { maxKeys: 6 }),
  ),
}));
const body = fc.oneof(
  { weight: 4, arbitrary: event.map((value) => Buffer.from(JSON.stringify(value))) },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.webQueryParameters().map((text) => Buffer.from(text)),
  event.map((value) => Buffer.from(`payload=${encodeURIComponent(JSON.stringify(value).toWellFormed())}`)),
);
const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'multipart/form-data; boundary=x',
  'text/plain',
  '',
);
const headerNames = [
  ...['X-GitHub-Event', 'X-GitHub-Delivery', 'X-Shopify-Topic', 'X-Shopify-Webhook-Id', 'Idempotency-Key'],
  ...['ce-id', 'ce-type', 'ce-source', 'ce-specversion', 'ce-data', 'ce-a_b', 'Content-Encoding', 'X-CI-Kind'],
];
/** DEL is the one that no header may have. */
const toHeaderCharacter = (code: number): string => (code === 0x7f ? ' ' : String.fromCharCode(code));
const headers = fc.dictionary(
  fc.constantFrom(...headerNames),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(toHeaderCharacter), maxLength: 30 }),
  { maxKeys: 5, noNullPrototype: true },
);
const forgery = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 90 }),
  fc.stringMatching(/^(?:sha256=|v0=|t=1,v1=|v1,|Bearer )[0-9a-zA-Z+/=]{0,80}$/),
);

for (const [name, sample] of Object.entries(SOURCE_SAMPLES)) {
  test(`${name}: whatever a stranger sends is refused, and is never our fault`, async (t) => {
    const source = await startSource(t, sample);
    const signatureHeaders = Object.keys(sample.sign('', '', 0));
    await fc.assert(
      fc.asyncProperty(body, contentType, headers, forgery, async (bytes, type, more, forged) => {
        const signature = Object.fromEntries(signatureHeaders.map((header) => [header, forged]));
        const response = await source.send({ body: bytes, contentType: type, headers: { ...more, ...signature } });
        await response.arrayBuffer();
        assert.ok([401, 413, 415].includes(response.status), String(response.status));
      }),
      { numRuns: 60 },
    );
    assert.deepEqual(source.ingress.runs.calls, []);
    assert.deepEqual(
      source.ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test(`${name}: whatever is signed is one run, or is refused with a reason`, async (t) => {
    const source = await startSource(t, sample);
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    await fc.assert(
      fc.asyncProperty(body, contentType, headers, async (bytes, type, more) => {
        const known = source.ingress.runs.calls.length;
        const response = await source.send({ body: bytes, contentType: type, headers: more });
        const answer = (await response.json()) as { detail?: string; errors?: unknown[] };
        assert.ok([200, 202, 400, 401, 409, 413, 415, 422].includes(response.status), String(response.status));
        if (response.status >= 400) assert.ok((answer.detail ?? '').length > 10);
        const calls = source.ingress.runs.calls.slice(known);
        const isRun = response.headers.get('location') !== null || response.status === 409;
        assert.equal(calls.length, isRun ? 1 : 0);
      }),
      { numRuns: 120 },
    );
    for (const { input } of source.ingress.runs.started) assert.notEqual(input.task.text.trim(), '');
    assert.deepEqual(
      source.ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
  });
}

test('a template of any text can be read or is refused, and renders any event within its limit', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{',
    ' event',
    '.a',
    '[0]',
    '[*]',
    '["b"]',
    '|',
    'json',
    'cut 3',
    'cut: 3',
    'default',
    ': ',
    'map',
    'upcase',
    '{% if',
    '{% for a in',
    '%}',
    '{% endif %}',
    '{% endfor %}',
    '{% assign a =',
    '{{ a }}',
    '(1..3)',
    '"x"',
    "'",
    '\\',
    ' ',
  );
  const source = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(source, event, fc.integer({ min: 1, max: 50 }), (text, value, limit) => {
      let template: ReturnType<typeof compileTemplate>;
      try {
        template = compileTemplate(text, SCOPE);
      } catch (error) {
        assert.ok(error instanceof RuleError, String(error));
        return;
      }
      const rendered = template.render({ event: JSON.parse(JSON.stringify(value)) as unknown }, { limit });
      assert.ok(rendered.text.length <= limit && rendered.text.isWellFormed());
    }),
    { numRuns: 2000 },
  );
});

test('a filter of any shape can be read or is refused, and judges any event', () => {
  const operator = fc.constantFrom(
    '$eq',
    '$ne',
    '$neq',
    '$gt',
    '$lt',
    '$in',
    '$nin',
    '$startsWith',
    '$exist',
    '$exists',
    '$or',
    '$and',
    '$not',
    'event',
    'event.a',
    ...KEYS,
  );
  const { rule } = fc.letrec<{ rule: unknown }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>('a', 1, true, null),
      fc.array(tie('rule'), { maxLength: 3 }),
      fc.dictionary(operator, tie('rule'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(operator, rule, { maxKeys: 3 }), event, (conditions, value) => {
      let filter: ReturnType<typeof compileFilter>;
      try {
        filter = compileFilter(conditions, SCOPE);
      } catch (error) {
        assert.ok(error instanceof RuleError, String(error));
        return;
      }
      const place = filter.findMismatch({ event: JSON.parse(JSON.stringify(value)) as unknown });
      assert.ok(place === undefined || typeof place === 'string');
    }),
    { numRuns: 2000 },
  );
});
