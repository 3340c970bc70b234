import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isRecord, toRecord } from '../../src/values/is-record.ts';
import { cutText, ellipsize, toLine, toWellFormed } from '../../src/values/plain-text.ts';

describe('records', () => {
  test('takes objects, but no null, list or plain value', () => {
    assert.ok(isRecord({}) && isRecord({ a: 1 }));
    for (const value of [null, undefined, [], 'text', 1, true, () => undefined]) assert.ok(!isRecord(value));
  });

  test('reads an empty object where there is none', () => {
    assert.deepEqual(toRecord({ a: 1 }), { a: 1 });
    assert.deepEqual(toRecord(['a']), {});
    assert.deepEqual(toRecord(null), {});
  });
});

describe('texts', () => {
  test('cuts to a length without half a character at the end', () => {
    assert.equal(cutText('abc', 3), 'abc');
    assert.equal(cutText('abcd', 3), 'abc');
    assert.equal(cutText('ab😀', 4), 'ab😀');
    assert.equal(cutText('ab😀', 3), 'ab');
    assert.equal(cutText('ab\ufffdd', 3), 'ab\ufffd');
  });

  test('ends with an ellipsis where something was cut off', () => {
    assert.equal(ellipsize('abc', 3), 'abc');
    assert.equal(ellipsize('abcd', 3), 'ab…');
    assert.equal(ellipsize('a😀bc', 3), 'a…');
  });

  test('makes one line of plain characters', () => {
    assert.equal(toLine('  one\r\n two\u0007\u009f\tthree ', 100), 'one two three');
    assert.equal(toLine('one\ud83d two', 5), 'one\ufffd');
  });

  test('replaces what stores refuse', () => {
    assert.equal(toWellFormed('a\u0000b\ud83dc😀'), 'a\ufffdb\ufffdc😀');
  });
});
