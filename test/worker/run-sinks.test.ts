import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkflowInfo } from '@temporalio/workflow';
import type { FinishedRun } from '../../src/contract/run-sinks.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';

const RUN: FinishedRun = { client: 'ci', agent: 'main', status: 'completed', seconds: 3 };

test('a run is told once, also when Temporal repeats its workflow task', async () => {
  const told: (readonly [FinishedRun, string])[] = [];
  const sink = createRunSinks((run, id) => told.push([run, id])).garudustTemporal.runFinished;
  const tell = async (runId: string): Promise<void> =>
    sink.fn({ runId, workflowId: `id of ${runId}` } as WorkflowInfo, RUN);
  for (let number = 0; number < 3000; number += 1) {
    await tell(`run-${number}`);
    await tell(`run-${number}`);
  }
  assert.equal(told.length, 3000);
  assert.deepEqual(told.at(-1), [RUN, 'id of run-2999']);
  assert.equal(sink.callDuringReplay, false);
});
