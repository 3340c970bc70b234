import { z } from 'zod';
import { type AnswerLinks, toAnswerLink } from '../contract/answer-link.ts';
import type { DeliverQuestionInput } from '../contract/question-activities.ts';
import { questionResource, toQuestionResource } from './question-resource.ts';
import { runResource } from './run-resource.ts';
import { toRunUrl } from './run-url.ts';

/** The body of a callback that tells that a run asks a person. It has no `text`: that would be an answer. */
export const questionBody = z.strictObject({
  run_id: z.string(),
  status: z.literal('input_required'),
  question: questionResource,
  session_key: z.string().nullable(),
  summary: runResource.shape.summary,
  metadata: runResource.shape.metadata,
  links: z.strictObject({
    self: z.string().describe('The run: a path, or a whole URL where the operator has set one.'),
    input: z.string().describe('Where the holder of an API key answers: `POST {"question", "answer", "by"}`.'),
  }),
});
export type QuestionBody = z.infer<typeof questionBody>;

/** The same bytes on every attempt, as long as the settings stay. */
export function toQuestionBody(
  { runId, asked, sessionKey, summary, metadata }: DeliverQuestionInput,
  links: AnswerLinks,
): QuestionBody {
  const self = toRunUrl(runId, links.publicUrl);
  return {
    run_id: runId,
    status: 'input_required',
    question: toQuestionResource(asked, toAnswerLink(runId, asked, links)),
    session_key: sessionKey ?? null,
    ...(summary !== undefined && { summary }),
    ...(metadata && { metadata }),
    links: { self, input: `${self}/input` },
  };
}
