import { z } from 'zod';
import type { Usage } from '../contract/run.ts';

const COUNT = { error: 'is not a whole number of 0 or more' };
const PRICE = { error: 'is not a number of 0 or more' };

/** What a run cost, in the words of the wire. */
export const wireUsage = z.strictObject({
  input_tokens: z.int(COUNT).min(0, COUNT).optional(),
  output_tokens: z.int(COUNT).min(0, COUNT).optional(),
  cached_input_tokens: z
    .int(COUNT)
    .min(0, COUNT)
    .optional()
    .describe('Those of `input_tokens` that the model read from a cache.'),
  iterations: z.int(COUNT).min(0, COUNT).optional().describe('Turns of the agent.'),
  calls: z.int(COUNT).min(0, COUNT).optional().describe('Calls of the model.'),
  cost_usd: z.number(PRICE).min(0, PRICE).optional().describe('US dollars, where the agent reports a price.'),
});

/** The order of the keys is fixed. */
export function toWireUsage(usage: Usage): z.infer<typeof wireUsage> {
  const { inputTokens, outputTokens, cachedInputTokens, iterations, calls, costUsd } = usage;
  return {
    ...(inputTokens !== undefined && { input_tokens: inputTokens }),
    ...(outputTokens !== undefined && { output_tokens: outputTokens }),
    // Before those that later versions added: the bytes of a callback are the same on every attempt.
    ...(iterations !== undefined && { iterations }),
    ...(cachedInputTokens !== undefined && { cached_input_tokens: cachedInputTokens }),
    ...(calls !== undefined && { calls }),
    ...(costUsd !== undefined && { cost_usd: costUsd }),
  };
}
