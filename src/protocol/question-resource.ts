import { z } from 'zod';
import { ANSWER_WAYS, type Question, QUESTION_STATES } from '../contract/question.ts';

const timestamp = z.iso.datetime();

/** A question that a run asks a person. */
export const questionResource = z.strictObject({
  id: z.string().describe('What an answer names it by; unique within the run.'),
  question: z.string(),
  status: z
    .enum(QUESTION_STATES)
    .describe('`expired`: nobody answered in time. `withdrawn`: the run no longer needs the answer.'),
  show: z.string().optional().describe('What it is about, such as a draft; only while it is open, and not in lists.'),
  choices: z.array(z.string()).optional().describe('The answers to choose from; absent where any text is one.'),
  asked_at: timestamp,
  deadline: timestamp.optional().describe('When the time is up.'),
  default: z.string().optional().describe('The answer when nobody answers in time.'),
  link: z
    .string()
    .optional()
    .describe(
      'Address of a page where whoever has it answers this question, once and without a key; while it is open, where the operator has set `answer_link_secret` and `public_url`.',
    ),
  answer: z.string().optional().describe('Its first 500 characters.'),
  by: z.string().optional().describe('Who answered, as they say; `nobody` for the default.'),
  via: z.enum(ANSWER_WAYS).optional().describe('The way it came. `temporal`: from the Temporal UI or CLI.'),
  answered_at: timestamp.optional(),
});
export type QuestionResource = z.infer<typeof questionResource>;

/**
 * A question as its caller sees it.
 *
 * @param link where it can be answered without a key; undefined: nowhere
 */
export function toQuestionResource(question: Question, link: string | undefined): QuestionResource {
  const { id, show, choices, deadline, default: otherwise, answer, by, via, answeredAt } = question;
  return {
    id,
    question: question.question,
    status: question.state,
    ...(show !== undefined && { show }),
    ...(choices && { choices: [...choices] }),
    asked_at: question.askedAt,
    ...(deadline !== undefined && { deadline }),
    ...(otherwise !== undefined && { default: otherwise }),
    ...(link !== undefined && { link }),
    ...(answer !== undefined && { answer }),
    ...(by !== undefined && { by }),
    ...(via !== undefined && { via }),
    ...(answeredAt !== undefined && { answered_at: answeredAt }),
  };
}
