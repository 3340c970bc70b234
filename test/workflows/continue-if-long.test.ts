import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runManySteps } from '../support/many-steps.ts';

test('a long loop goes on in new executions, each with a short history, and asks every round once', async (t) => {
  const { result, asked, executions, longest } = await runManySteps(t, 'loop', { rounds: 900 });
  t.diagnostic(`${executions} executions, the longest of ${longest} events`);
  assert.deepEqual([result, asked], [900, 900]);
  assert.ok(executions >= 2 && longest < 4200, `${executions} executions, the longest of ${longest} events`);
});

test('a loop that would carry more than Temporal stores fails in words', async (t) => {
  const carries = '\n'.repeat(1_030_000);
  await assert.rejects(runManySteps(t, 'loop', { rounds: 900, carries }), (error: Error & { cause?: Error }) =>
    /carry only what a later step needs/.test(error.cause?.message ?? ''),
  );
});
