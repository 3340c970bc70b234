import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAgentInput } from '../../src/activities/read-agent-input.ts';

const POLICY = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 1_000_000,
};
const GOOD = {
  agent: 'a',
  client: 'c',
  task: { text: 'do it', sessionKey: 's', userId: 'u', metadata: { repository: 'acme/site' } },
  policy: POLICY,
};

describe('readAgentInput', () => {
  test('takes over a good input', () => {
    assert.deepEqual(readAgentInput(GOOD), { ok: true, input: GOOD });
  });

  test('leaves out what it does not know, and blank optional texts', () => {
    const input = {
      ...GOOD,
      extra: 1,
      task: { text: 'do it', sessionKey: '', userName: ' ', metadata: {}, other: 'x' },
    };
    assert.deepEqual(readAgentInput(input), { ok: true, input: { ...GOOD, task: { text: 'do it' } } });
  });

  const BAD: readonly [unknown, RegExp][] = [
    [undefined, /input is not an object/],
    [null, /input is not an object/],
    [[GOOD], /input is not an object/],
    ['text', /input is not an object/],
    [{ ...GOOD, agent: '' }, /^agent /],
    [{ ...GOOD, client: 7 }, /^client /],
    [{ ...GOOD, task: 'do it' }, /^task /],
    [{ ...GOOD, task: { text: '  \n' } }, /^task\.text /],
    [{ ...GOOD, task: { text: 'x', userId: 5 } }, /^task\.userId /],
    [{ ...GOOD, task: { text: 'x', sessionKey: null } }, /^task\.sessionKey /],
    ...[null, 'text', ['text'], { count: 5 }, { nested: {} }].map((metadata): [unknown, RegExp] => [
      { ...GOOD, task: { text: 'x', metadata } },
      /^task\.metadata /,
    ]),
    [{ ...GOOD, policy: undefined }, /^policy /],
    ...Object.keys(POLICY).flatMap((name) =>
      [0, -1, NaN, Infinity, '5', null, undefined].map((value): [unknown, RegExp] => [
        { ...GOOD, policy: { ...POLICY, [name]: value } },
        new RegExp(`^policy\\.${name} `),
      ]),
    ),
  ];
  for (const [index, [input, problem]] of BAD.entries()) {
    test(`names the fault by ${problem.source} (${index})`, () => {
      const read = readAgentInput(input);
      assert.equal(read.ok, false);
      assert.match(read.ok ? '' : read.problem, problem);
    });
  }
});
