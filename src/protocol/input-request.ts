import { z } from 'zod';
import { MAX_ANSWER, MAX_COMMENT, MAX_NAME } from '../contract/question.ts';
import type { ProblemField } from './problem-error.ts';

const filled = (most: number) => z.string().min(1).max(most).regex(/\S/, 'must not be blank');

/** The body of `POST /v1/runs/:id/input`. */
export const inputRequest = z.strictObject({
  question: filled(80).describe('The `id` of the question, as the run shows it.'),
  answer: filled(MAX_ANSWER).describe('One of its `choices`; any text where it has none.'),
  by: filled(MAX_NAME).optional().describe('Who answers. Default: your client.'),
  comment: filled(MAX_COMMENT).optional().describe('For the workflow, beside the answer.'),
});
export type InputRequest = z.infer<typeof inputRequest>;

export type InputParse = { ok: true; request: InputRequest } | { ok: false; errors: ProblemField[] };

/**
 * Reads the body of an answer.
 *
 * @param body parsed JSON, of any shape
 */
export function parseInputRequest(body: unknown): InputParse {
  const parsed = inputRequest.safeParse(body);
  if (parsed.success) return { ok: true, request: parsed.data };
  const known = Object.keys(inputRequest.shape).join(', ');
  const errors = parsed.error.issues.flatMap((issue): ProblemField[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: `is not a known field: the fields are ${known}` }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return { ok: false, errors };
}
