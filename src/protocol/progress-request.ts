import { z } from 'zod';
import { toLine, toWellFormed } from '../values/plain-text.ts';
import { readFields } from './completion-request.ts';
import { fieldProblem } from './problem-error.ts';

/** The largest body, in bytes: a text of 4096 units, each of them escaped. */
export const MAX_PROGRESS_BYTES = 32 * 1024;
const MAX_LINE = 200;

/** The body of `POST /calls/:token/progress`: at least one of its fields. */
export const progressRequest = z.strictObject({
  progress: z.string().min(1).max(1000).optional().describe('What the agent is doing, in a few words.'),
  percent: z.number().min(0).max(100).optional().describe('How much of it is done.'),
  text: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('A further piece of the answer, for those who watch. The answer itself is posted as a whole.'),
});

/** What an agent says of a call that goes on. */
export interface Progress {
  /** One line: `42 %: reads the invoice`. */
  readonly progress?: string;
  readonly text?: string;
}

/**
 * Reads the body of a progress.
 *
 * @param body parsed JSON, of any shape
 * @throws ProblemError `invalid_parameter`
 */
export function readProgress(body: unknown): Progress {
  const { progress, percent, text } = readFields(progressRequest, body);
  const parts = [...(percent === undefined ? [] : [`${Math.round(percent)} %`]), ...(progress ? [progress] : [])];
  if (parts.length === 0 && text === undefined) {
    throw fieldProblem('invalid_parameter', [
      { field: 'progress', message: 'or percent, or text: send at least one of them' },
    ]);
  }
  return {
    ...(parts.length > 0 && { progress: toLine(toWellFormed(parts.join(': ')), MAX_LINE) }),
    ...(text !== undefined && { text: toWellFormed(text) }),
  };
}
