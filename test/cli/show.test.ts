import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createProgress } from '../../src/cli/show/progress.ts';
import { showAge, showDuration, showRelative } from '../../src/cli/show/show-time.ts';
import { shellQuote, toColumns, toOneLine, toTerminalText } from '../../src/cli/show/terminal-text.ts';
import { cliIo } from '../support/run-cli.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a duration', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [999, '0.9 s'],
    [4230, '4.2 s'],
    [42 * SECOND, '42 s'],
    [3 * MINUTE + 20 * SECOND, '3 min 20 s'],
    [2 * HOUR, '2 h'],
    [2 * HOUR + 5 * MINUTE + 59 * SECOND, '2 h 5 min'],
    [3 * DAY + HOUR, '3 d 1 h'],
  ];
  for (const [ms, text] of cases) {
    test(`of ${ms} ms reads ${text}`, () => assert.equal(showDuration(ms), text));
  }
});

describe('a time seen from now', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const cases: [number, string][] = [
    [0, 'now'],
    [-999, 'now'],
    [-SECOND, '1 second ago'],
    [-90 * SECOND, '1 minute ago'],
    [119 * MINUTE, 'in 1 hour'],
    [-50 * HOUR, '2 days ago'],
  ];
  for (const [ms, text] of cases) {
    test(`reads ${text} at ${ms} ms`, () => assert.equal(showRelative(new Date(now + ms).toISOString(), now), text));
  }
});

test('an age has one unit', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const ages = [-5 * SECOND, 0, 59_999, MINUTE, 59 * MINUTE, 23 * HOUR, 400 * DAY];
  const shown = ages.map((ms) => showAge(new Date(now - ms).toISOString(), now));
  assert.deepEqual(shown, ['0s', '0s', '59s', '1m', '59m', '23h', '400d']);
});

describe("others' text in a terminal", () => {
  test('has its control characters spelled out, C1 and reading direction with them', () => {
    assert.equal(toTerminalText('a\u001b[2J\u0007\u009b1m\u202eb\r\n\tc'), 'a\\x1b[2J\\x07\\x9b1m\\u202eb\\x0d \\x09c');
    assert.equal(toTerminalText('a\n\tb\r', { keepLines: true }), 'a\n\tb\\x0d');
    assert.equal(toTerminalText('größer ✓ 👍'), 'größer ✓ 👍');
  });

  test('is cut to one line without half a character', () => {
    assert.equal(toOneLine('  a\n  b\t c ', 20), 'a b c');
    assert.equal(toOneLine('abcdef', 6), 'abcdef');
    assert.equal(toOneLine('abcdefg', 6), 'abcde…');
    assert.equal(toOneLine('abcd👍fg', 6), 'abcd…');
  });
});

test('a text is cut to columns, of which some characters have two', () => {
  for (const [text, columns, shown] of [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['漢字', 4, '漢字'],
    ['漢字', 3, '漢…'],
    ['a🙂b', 4, 'a🙂b'],
    ['a\u001bb', 6, 'a\\x1bb'],
  ] as const) {
    assert.equal(toColumns(text, columns), shown);
  }
});

describe('progress without a terminal', () => {
  test('is one plain line for every new text', () => {
    const { io, written } = cliIo({});
    const progress = createProgress(io);
    for (const text of ['one', 'one', 'two\u001b', 'one']) progress.show(text);
    progress.stop();
    assert.equal(written.stderr, 'one\ntwo\\x1b\none\n');
  });
});

describe('a word for the shell', () => {
  test('stays bare where it is plain, and is quoted where it is not', () => {
    assert.equal(shellQuote('https://a.example/x?y=1'), "'https://a.example/x?y=1'");
    assert.equal(shellQuote('@a-b_c.json'), '@a-b_c.json');
    assert.equal(shellQuote("it's"), `'it'\\''s'`);
    assert.equal(shellQuote(''), "''");
  });
});
