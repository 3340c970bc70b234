import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WORKFLOW, type Workflows } from '../../src/contract/names.ts';
import { IS_A_RUN, isRunMemo, kindOf, RUN_KINDS, type RunKindsOf } from '../../src/runs/run-kinds.ts';
import type { ActivityOutline } from '../../src/runs/run-facts.ts';

interface OneMore extends Workflows {
  oneMore(input: { readonly texts: readonly string[] }): Promise<string>;
}

describe('the kinds of runs', () => {
  test('are one for each workflow: one that is missing does not compile', () => {
    const complete: RunKindsOf<Workflows> = RUN_KINDS;
    // @ts-expect-error -- `oneMore` has no kind
    const missing: RunKindsOf<OneMore> = RUN_KINDS;
    assert.ok(complete && missing);
    assert.deepEqual(Object.keys(RUN_KINDS), Object.keys(WORKFLOW));
  });

  test('have one for the workflows of teams, which are runs by what they were started with', () => {
    assert.equal(kindOf({ type: 'agentRun' }), RUN_KINDS.agentRun);
    assert.equal(kindOf({ type: 'triage' }), kindOf({ type: 'toString' }));
    assert.notEqual(kindOf({ type: 'triage' }), RUN_KINDS.agentRun);
    const memo = { client: 'acme', source: 'webhook' };
    assert.ok(isRunMemo({ ...memo, workflow: 'triage' }, 'triage'));
    assert.ok(!isRunMemo({ ...memo, workflow: 'triage' }, 'other'));
    assert.ok(!isRunMemo({ ...memo, workflow: 'triage' }, 'agentRun'));
    assert.ok(!isRunMemo(memo, 'triage'));
  });

  test('are what lists ask for', () => {
    const ours = "GarudustClient IS NOT NULL AND WorkflowType != 'callbackRedelivery'";
    assert.equal(IS_A_RUN, `(WorkflowType = 'agentRun' OR (${ours}))`);
  });
});

describe('a wait for agentRun', () => {
  const rows: readonly (readonly [string, readonly ActivityOutline[], boolean])[] = [
    ['goes on before the agent is scheduled', [], false],
    ['goes on while the agent is at work', [{ activityId: 'agent', state: 'open' }], false],
    ['ends with an answer', [{ activityId: 'agent', state: 'completed' }], true],
    ['ends with a failure', [{ activityId: 'agent', state: 'failed' }], true],
    ['ends with a cancel', [{ activityId: 'agent', state: 'canceled' }], true],
    ['ends with a delivery, though no agent was asked', [{ activityId: 'callback', state: 'open' }], true],
    ['does not end with another activity', [{ activityId: 'theirs', state: 'completed' }], false],
  ];
  for (const [what, activities, wanted] of rows) {
    test(what, () => assert.equal(RUN_KINDS.agentRun.endsWait(activities), wanted));
  }
});
