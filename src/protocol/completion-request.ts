import { z } from 'zod';
import type { AgentAnswer } from '../contract/run.ts';
import { toUsage } from '../contract/to-usage.ts';
import { toWellFormed } from '../values/plain-text.ts';
import { fieldProblem, ProblemError } from './problem-error.ts';
import { wireUsage } from './wire-usage.ts';

/** The body of `POST /calls/:token`: one of `output`, `text` and `error`. */
export const completionRequest = z.strictObject({
  output: z.string().optional().describe('The answer.'),
  text: z
    .string()
    .optional()
    .describe("The answer, as Garudust's webhook adapter names it; with `Error: ` before it, the call has failed."),
  error: z
    .string()
    .optional()
    .describe('The call has failed. The words are for whoever sends them: nobody reads them.'),
  usage: wireUsage.optional(),
});

/** What an agent says of a call: its answer, or undefined where the call has failed. */
export type Completion = AgentAnswer | undefined;

/**
 * Reads the body of a completion.
 *
 * @param body parsed JSON, of any shape
 * @param maxAnswerBytes the limit of the call, in bytes of UTF-8
 * @throws ProblemError `invalid_parameter`, `body_too_large`
 */
export function readCompletion(body: unknown, maxAnswerBytes: number): Completion {
  const { output, text, error, usage } = readFields(completionRequest, body);
  if ([output, text, error].filter((it) => it !== undefined).length !== 1) {
    throw fieldProblem('invalid_parameter', [
      { field: 'output', message: 'or text, or error: send exactly one of them' },
    ]);
  }
  if (error !== undefined || text?.startsWith('Error: ') === true) return undefined;
  const answer = toWellFormed(output ?? text ?? '');
  const bytes = Buffer.byteLength(answer);
  if (bytes > maxAnswerBytes) {
    throw new ProblemError('body_too_large', `The answer has ${bytes} bytes, and this call takes ${maxAnswerBytes}.`);
  }
  const cost = usage && toUsage(fromWire(usage));
  return { output: answer, ...(cost && { usage: cost }) };
}

/**
 * Reads what an agent posts of a call.
 *
 * @throws ProblemError `invalid_parameter`, which names each wrong field
 */
export function readFields<Shape extends z.core.$ZodLooseShape>(schema: z.ZodObject<Shape>, body: unknown) {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const known = Object.keys(schema.shape).join(', ');
  const errors = parsed.error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: `is not a known field: use one of ${known}` }))
      : [{ field: path.join('.'), message }],
  );
  throw fieldProblem('invalid_parameter', errors);
}

function fromWire(usage: z.infer<typeof wireUsage>): object {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cachedInputTokens: usage.cached_input_tokens,
    iterations: usage.iterations,
    calls: usage.calls,
    costUsd: usage.cost_usd,
  };
}
