import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter } from '../../src/timing/read-retry-after.ts';

test('takes Retry-After in seconds and as a date', () => {
  const now = Date.parse('Wed, 21 Oct 2015 07:27:00 GMT');
  const cases: [string | null | undefined, number | undefined][] = [
    ['120', 120_000],
    ['120.1', 121_000],
    [' 0 ', 0],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 60_000],
    ['Wed, 21 Oct 2015 07:26:00 GMT', 0],
    ['Wednesday, 21-Oct-15 07:28:00 GMT', 60_000],
    ['invalid', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['2015-10-21', undefined],
    ['Monkey', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
  ];
  for (const [value, expected] of cases) assert.equal(readRetryAfter(value, now), expected, String(value));
});
