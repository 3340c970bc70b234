import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STAGE } from '../../src/workflows/stage-details.ts';

const finishedAt = '2026-11-29T12:00:00.000Z';

test('an outcome with what it cost, or with why there is no answer', () => {
  const usage = { inputTokens: 812, outputTokens: 96 };
  assert.match(
    STAGE.finished({ status: 'completed', finishedAt, usage }),
    /^\*\*Answer ready\*\* \(812 tokens in, 96 out\)\./,
  );
  const error = { code: 'AgentTimeout', message: 'never shown' } as const;
  const shown = STAGE.finished({ status: 'timed_out', finishedAt, error });
  assert.equal(shown, '**Timed out**: `AgentTimeout`.\n\nNo callback was asked for.');
});
