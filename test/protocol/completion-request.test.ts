import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCompletion } from '../../src/protocol/completion-request.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';

test('what a call cost is refused where it is no count or price, and named', () => {
  const count = 'is not a whole number of 0 or more';
  const price = 'is not a number of 0 or more';
  for (const [usage, field, message] of [
    [{ output_tokens: -5 }, 'usage.output_tokens', count],
    [{ input_tokens: 1.5 }, 'usage.input_tokens', count],
    [{ calls: '3' }, 'usage.calls', count],
    [{ iterations: 1e300 }, 'usage.iterations', count],
    [{ cost_usd: -1 }, 'usage.cost_usd', price],
    [{ cost_usd: null }, 'usage.cost_usd', price],
  ] as const) {
    assert.throws(
      () => readCompletion({ output: 'Yes.', usage }, 100),
      (error) => {
        assert.ok(error instanceof ProblemError);
        assert.deepEqual([error.code, error.errors], ['invalid_parameter', [{ field, message }]]);
        return true;
      },
    );
  }
});

test('a call that cost nothing says so', () => {
  const usage = { output_tokens: 0, cost_usd: 0 };
  assert.deepEqual(readCompletion({ output: 'Yes.', usage }, 100), {
    output: 'Yes.',
    usage: { outputTokens: 0, costUsd: 0 },
  });
});
