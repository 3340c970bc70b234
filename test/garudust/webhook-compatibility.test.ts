import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Answer, ReceiverAnswer } from '../support/callback-receiver.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startRealGarudust } from '../support/real-garudust.ts';
import type { StartGarudust } from './garudust-stack.ts';
import { DIFFERENT, DIFFERENT_WHEN_NOT_TAKEN } from './webhook-differences.ts';
import { type Behaviours, SAME } from './webhook-same.ts';
import { startSides } from './webhook-sides.ts';

const REDIRECT: ReceiverAnswer = { status: 302, headers: { location: '/elsewhere' } };

const GROUPS: readonly (readonly [string, Behaviours, Answer?])[] = [
  ['the same', SAME],
  ['different', DIFFERENT],
  [
    'different, with a receiver that takes nothing',
    DIFFERENT_WHEN_NOT_TAKEN,
    (_, path) => (path === '/cb/redirect' ? REDIRECT : { status: 500 }),
  ],
];

function testCompatibility(name: string, start: StartGarudust): void {
  for (const [group, behaviours, answer] of GROUPS) {
    test(`the webhook of ${name} and ours: ${group}`, async (t) => {
      const sides = await startSides(t, start, answer);
      for (const [what, check] of Object.entries(behaviours)) await t.test(what, () => check(sides));
    });
  }
}

test('the page docs/compatibility.md has one row for each of these, and no other', () => {
  const page = readFileSync('docs/compatibility.md', 'utf8');
  const rowsBelow = (heading: string): string[] => {
    const part = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
    return [...part.matchAll(/^\| (.+?) +\|/gm)].map((match) => match[1] ?? '').slice(2);
  };
  assert.deepEqual(rowsBelow('The same').toSorted(), Object.keys(SAME).toSorted());
  const different = Object.keys({ ...DIFFERENT, ...DIFFERENT_WHEN_NOT_TAKEN });
  assert.deepEqual(rowsBelow('Different').toSorted(), different.toSorted());
});

testCompatibility('the fake Garudust', startFakeGarudust);

const binary = process.env['GARUDUST_SERVER_PATH'];
// That it is missing is said by test/conformance/garudust-agent.test.ts.
if (binary !== undefined) testCompatibility('the real Garudust', (options) => startRealGarudust(binary, options));
