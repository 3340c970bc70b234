import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RUN_AGENT_INPUT } from '../../src/contract/activities.ts';
import { AGENT_RUN_INPUT } from '../../src/contract/run.ts';
import { readStored } from '../../src/contract/stored.ts';

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

const readAgentInput = (value: unknown) => readStored(RUN_AGENT_INPUT, 'RunAgentInput', value);

describe('the input of runAgent', () => {
  test('takes over a good input', () => {
    assert.deepEqual(readAgentInput(GOOD), { ok: true, input: GOOD });
  });

  test('leaves out what it does not know', () => {
    const input = { ...GOOD, extra: 1, task: { text: 'do it', other: 'x' } };
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
    [{ ...GOOD, task: { text: 'x', sessionKey: '' } }, /^task\.sessionKey /],
    [{ ...GOOD, task: { text: 'x', userName: ' ' } }, /^task\.userName /],
    ...[null, 'text', ['text'], { count: 5 }, { nested: {} }].map((metadata): [unknown, RegExp] => [
      { ...GOOD, task: { text: 'x', metadata } },
      /^task\.metadata[ .]/,
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

describe('workflow and activity judge a task alike', () => {
  const RUN = { client: 'c', source: 'webhook', agent: 'a', agentPolicy: POLICY };
  const TASKS: readonly (readonly [object, boolean])[] = [
    [{ text: 'x' }, true],
    [{ text: 'x', metadata: {} }, true],
    [{ text: 'x', metadata: { a: '5' } }, true],
    [{ text: 'x', metadata: { a: 5 } }, false],
    [{ text: 'x', sessionKey: '' }, false],
    [{ text: 'x', sessionKey: ' ' }, false],
    [{ text: '' }, false],
  ];
  for (const [task, good] of TASKS) {
    test(`${good ? 'takes' : 'refuses'} ${JSON.stringify(task)}`, () => {
      const ofWorkflow = readStored(AGENT_RUN_INPUT, 'AgentRunInput', { ...RUN, task });
      const ofActivity = readAgentInput({ ...GOOD, task });
      assert.deepEqual([ofWorkflow.ok, ofActivity.ok], [good, good]);
      if (!ofWorkflow.ok && !ofActivity.ok) assert.equal(ofWorkflow.problem, ofActivity.problem);
    });
  }

  test('a problem names the field and repeats no value', () => {
    const read = readStored(AGENT_RUN_INPUT, 'AgentRunInput', { ...RUN, task: { text: 'x', userId: ['secret'] } });
    assert.equal(read.ok ? '' : read.problem, 'task.userId is not a text with content: remove it, or fill it in.');
  });
});
