import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { compileTemplate } from '../../src/templates/template.ts';

const SCOPE = { roots: ['event'], headers: [] };

describe('base64_decode', () => {
  const decode = (value: unknown, limit = 10_000) =>
    compileTemplate('{{ event.value | base64_decode }}', SCOPE).render({ event: { value } }, { limit });

  for (const [value, text] of [
    ['R3LDtsOfZQ==', 'Größe'],
    ['R3LDtsOfZQ', 'Größe'],
    ['R3LDts\r\n OfZQ==\n', 'Größe'],
    ['8J+YgA==', '😀'],
    ['8J-YgA', '😀'],
    ['e3sgZXZlbnQudGl0bGUgfX0=', '{{ event.title }}'],
    ['eyJhIjoxfQ==', '{"a":1}'],
  ] as const) {
    test(`reads ${JSON.stringify(value)}`, () => assert.deepEqual(decode(value).text, text));
  }

  test('finds nothing in nothing', () => {
    for (const value of [undefined, null, '', '==']) {
      const { text, isFound, missing } = decode(value);
      assert.deepEqual([text, isFound, missing], ['', false, ['event.value | base64_decode']], String(value));
    }
  });

  for (const [what, value] of [
    ['what is not base64', 'a b!c'],
    ['a digit too few', 'R3LDt'],
    ['padding in the middle', 'R3==LD'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0]).toString('base64')],
    ['half a character', Buffer.from('ö').subarray(0, 1).toString('base64')],
    ['a list', [1]],
    ['more than the memory limit', Buffer.alloc(7 * 1024 * 1024, 'a').toString('base64')],
    ['a long text that is almost white space', `${' '.repeat(1_000_000)}!`],
  ] as const) {
    test(`refuses ${what}, and repeats none of it`, () => {
      const before = performance.now();
      assert.throws(
        () => decode(value),
        (error) => error instanceof ProblemError && error.code === 'invalid_event' && error.detail.length < 120,
      );
      assert.ok(performance.now() - before < 2000);
    });
  }

  test('cuts a long text at the limit', () => {
    const { text, isCut } = decode(Buffer.from('ab'.repeat(1000)).toString('base64'), 100);
    assert.deepEqual([text.length, isCut], [100, true]);
  });
});
