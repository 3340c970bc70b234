import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeRun, type RunEvidence } from './judge-run.ts';

const KILL = 1_000_000;

function judge(changes: Partial<RunEvidence> = {}, kills: readonly number[] = []) {
  const run = {
    answeredAt: [KILL - 1000],
    takenAt: [KILL - 900],
    text: 'echo: Task 1',
    expectedText: 'echo: Task 1',
    executions: ['COMPLETED'],
  };
  return judgeRun({ ...run, ...changes }, kills);
}

describe('judgeRun', () => {
  test('finds no fault with a run that was answered and delivered once', () => {
    const nothing = { lost: [], cutOff: 0, unexplained: 0 };
    assert.deepEqual(judge({}, [KILL]), { faults: [], answers: nothing, receipts: nothing });
  });

  const FAULTS: readonly (readonly [string, Partial<RunEvidence>, RegExp])[] = [
    ['that is lost', { executions: [] }, /executions: none/],
    ['that exists twice', { executions: ['COMPLETED', 'COMPLETED'] }, /COMPLETED, COMPLETED/],
    ['that failed', { executions: ['FAILED'] }, /FAILED/],
    ['without a callback', { takenAt: [] }, /no callback/],
    ['with another answer in its callback', { text: 'Error: gone' }, /says "Error: gone"/],
    ['without an agent', { answeredAt: [] }, /never answered/],
    ['whose agent is asked again for no reason', { answeredAt: [KILL - 5000, KILL + 100] }, /answered it 2 times/],
    ['whose callback is sent again for no reason', { takenAt: [KILL - 5000, KILL + 100] }, /taken 2 times/],
  ];
  for (const [what, evidence, message] of FAULTS) {
    test(`finds fault with a run ${what}, also where a worker was killed later`, () => {
      for (const kills of [[], [KILL]]) assert.match(judge(evidence, kills).faults.join(), message);
    });
  }

  test('tells what died with the worker on its way to the disk from what was cut off', () => {
    const lost = judge({ answeredAt: [KILL - 20, KILL + 2000], takenAt: [KILL - 3, KILL + 2500] }, [KILL]);
    assert.deepEqual([lost.faults, lost.answers.lost, lost.receipts.lost], [[], [20], [3]]);
    const cutOff = judge({ answeredAt: [KILL + 20, KILL + 2000], takenAt: [KILL, KILL + 2500] }, [KILL]);
    assert.deepEqual([cutOff.faults, cutOff.answers.cutOff, cutOff.receipts.cutOff], [[], 1, 1]);
  });

  test('explains one repeat by one kill, and no other', () => {
    assert.match(judge({ takenAt: [KILL - 3, KILL + 2500, KILL + 9000] }, [KILL]).faults.join(), /taken 3 times/);
  });
});
