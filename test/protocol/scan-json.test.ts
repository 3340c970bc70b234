import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { scanJson } from '../../src/protocol/json/scan-json.ts';

const twice = (text: string): string | undefined => scanJson(Buffer.from(text)).twice;
const unheld = (text: string): string[] =>
  scanJson(Buffer.from(text)).unheld.map(([start, end]) => text.slice(start, end));

test('a name that one object has twice is found, however it is written and wherever it stands', () => {
  assert.equal(twice('{"a":1,"a":2}'), 'a');
  assert.equal(twice('{"a":1,\n\t"b":{"a":2}, "a" :3}'), 'a');
  assert.equal(twice('[{"x":{"é":1,"\\u00e9":2}}]'), 'é');
  assert.equal(twice('{"":1,"":2}'), '');
  assert.equal(twice('{"\\"":1,"\\u0022":2}'), '"');
  assert.equal(twice('{"__proto__":1,"__proto__":2}'), '__proto__');
});

test('what only looks like it is none', () => {
  for (const text of [
    '{"a":"a","b":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":[{"a":1},"a"]}},"b":1}',
    String.raw`{"a":"\",\"a\":1","b":1}`,
    String.raw`{"a\\":1,"a":2}`,
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '"a"',
    '"a":"a"',
    '{"a":1,"A":2,"a ":3}',
    '{"constructor":1,"toString":2}',
  ]) {
    assert.equal(twice(text), undefined, text);
  }
});

test('depth is that of lists and objects, not of brackets in texts', () => {
  const nested = (depth: number): boolean => scanJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth))).isDeep;
  assert.deepEqual([nested(100), nested(101), nested(1_000_000)], [false, true, true]);
  assert.equal(scanJson(Buffer.from(JSON.stringify('['.repeat(1000)))).isDeep, false);
  assert.equal(scanJson(Buffer.from('[],'.repeat(1000))).isDeep, false);
});

test('numbers that JavaScript can not hold are found, and no others', () => {
  const whole = '12345678901234567890';
  assert.deepEqual(unheld(`[${whole},-${whole},9007199254740992,1e400,-1E+999,0.5e310]`), [
    whole,
    whole,
    '9007199254740992',
    '1e400',
    '1E+999',
    '0.5e310',
  ]);
  assert.deepEqual(unheld(`[1,-0,9007199254740991,1e300,0.1e-400,${whole}.5,0,"${whole}","1e400"]`), []);
  assert.deepEqual(unheld('9'.repeat(400)), ['9'.repeat(400)]);
});

test('what JSON.stringify writes has no name twice, and any bytes can be looked through', () => {
  const json = fc.jsonValue({ depthSize: 'medium', noUnicodeString: false });
  fc.assert(fc.property(json, (value) => twice(JSON.stringify(value)) === undefined));
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ':',
    ',',
    '"a"',
    '1e',
    '99999999999999999',
    ' ',
    '\u00e9',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.array(piece, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      for (const [start, end] of scanJson(Buffer.from(given)).unheld) assert.ok(start < end && end <= given.length);
    }),
    { numRuns: 2000 },
  );
});
